"""The buyers' pages: signing in, the list of runs, and one run while it works."""

from html import escape
from itertools import groupby

from serving.buyers.runs import DONE, FAILED, FETCHED, OVERRIDES, QUEUED, RUNNING, AssortmentRun
from serving.web.frame import page

PATH = "/buyers"
LOOK_AGAIN_SECONDS = 3

_LABELS = {
    "report.html": "Report",
    "report.xlsx": "Excel workbook",
    "decisions.parquet": "Decisions (Parquet)",
    "run.json": "How it was made (JSON)",
    "store_lists.parquet": "A list for each store (Parquet)",
}


def sign_in_page(message: str = "", *, is_set_up: bool = True) -> str:
    """The form; `message` says why an earlier try failed."""
    said = f'<p class="problem" role="alert">{escape(message)}</p>' if message else ""
    form = """
<form method="post" action="/buyers/sign-in">
<label>Name<input name="name" autocomplete="username" maxlength="60" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" maxlength="200" required></label>
<button>Sign in</button>
</form>"""
    if not is_set_up:
        form = (
            "<p>Nobody can sign in yet. Whoever runs the service lets a buyer in with "
            "<code>python -m serving.buyers add NAME</code>.</p>"
        )
    body = f'<main class="narrow"><h1>Assortments</h1><p class="lead">For buyers.</p>{said}{form}</main>'
    return page("Sign in", body, path=PATH)


def runs_page(buyer: str, found: list[AssortmentRun], categories: tuple[str, ...] = ()) -> str:
    """The list of runs by category, and the form that starts one."""
    listed = sorted(found, key=lambda run: run.request.category)
    groups = [(category, list(runs)) for category, runs in groupby(listed, key=lambda run: run.request.category)]
    tables = "".join(_group(category, runs) for category, runs in groups)
    body = (
        f'<main class="narrow">{_signed_in(buyer)}<h1>Assortments</h1>'
        f"{tables or '<p class=lead>No run yet. Start one below.</p>'}{_form(categories)}</main>"
    )
    return page("Assortments", body, path=PATH)


def run_page(buyer: str, run: AssortmentRun, message: str = "") -> str:
    """One run: how far it is, or its results. While it works the page asks for itself again.

    `message` says why a workbook that was given back could not be taken.
    """
    state = run.state
    asked = run.request
    stores = f"{len(asked.stores):,} stores" if asked.stores else "every store that sells it"
    facts = (
        f"<p>{escape(asked.category)}, {stores}, {asked.horizon_weeks} weeks. Asked by {escape(state.by or '–')}.</p>"
    )
    works = state.state in {QUEUED, RUNNING}
    progress = f'<p><progress max="1" value="{state.share}"></progress> {escape(state.stage)}</p>' if works else ""
    said = message or (state.error if state.state == FAILED else "")
    failed = f'<p class="problem" role="alert">{escape(said).replace(chr(10), "<br>")}</p>' if said else ""
    is_edited = (run.folder / OVERRIDES).is_file()
    book = _workbook_form(run) if state.state == DONE or (state.state == FAILED and is_edited) else ""
    edited = "<p>With the overrides of a workbook.</p>" if is_edited else ""
    files = f"<ul class=cards>{_files(run)}</ul>" if state.state == DONE else ""
    rules = f"<h2>Rules</h2><pre><code>{escape(asked.rules)}</code></pre>" if asked.rules.strip() else ""
    body = (
        f'<main class="narrow">{_signed_in(buyer)}<h1>{escape(asked.category)} {_state(run)}</h1>'
        f'{facts}{edited}{progress}{failed}{files}{book}{rules}<p><a href="{PATH}">Every run</a></p></main>'
    )
    return page(asked.category, body, path=PATH, refresh_seconds=LOOK_AGAIN_SECONDS if works else 0)


def _signed_in(buyer: str) -> str:
    return (
        f'<form class="inline" method="post" action="/buyers/sign-out"><span>{escape(buyer)}</span>'
        '<button class="quiet">Sign out</button></form>'
    )


def _group(category: str, found: list[AssortmentRun]) -> str:
    rows = "".join(_row(run) for run in sorted(found, key=lambda run: run.id, reverse=True))
    return (
        f'<h2>{escape(category)}</h2><div class="scroll"><table><thead><tr><th>Run</th><th>State</th><th>Stores</th>'
        f"<th>Asked by</th><th>Results</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(run: AssortmentRun) -> str:
    stores = f"{len(run.request.stores):,}" if run.request.stores else "every"
    links = " · ".join(
        f'<a href="{PATH}/runs/{run.id}/{name}">{escape(_LABELS[name])}</a>' for name in ("report.html", "report.xlsx")
    )
    result = links if run.state.state == DONE else escape(run.state.error.partition("\n")[0] or run.state.stage)
    when = run.state.at.replace("T", " ")[:16]
    return (
        f'<tr><td><a href="{PATH}/runs/{run.id}">{when}</a></td><td>{_state(run)}</td>'
        f"<td>{stores}</td><td>{escape(run.state.by or '–')}</td><td>{result}</td></tr>"
    )


def _state(run: AssortmentRun) -> str:
    kind = {DONE: "good", FAILED: "bad"}.get(run.state.state, "")
    share = f" {run.state.share:.0%}" if run.state.state == RUNNING else ""
    return f'<small class="state {kind}">{run.state.state}{share}</small>'


def _files(run: AssortmentRun) -> str:
    there = [name for name in FETCHED if (run.report / name).is_file()]
    links = (f'<li><a href="{PATH}/runs/{run.id}/{name}">{escape(_LABELS[name])}</a></li>' for name in there)
    return "".join(links)


def _workbook_form(run: AssortmentRun) -> str:
    return f"""
<h2>Disagree with it</h2>
<p>Write into the yellow column of the workbook, and give it back: the plan is made again around your wishes.</p>
<form method="post" action="{PATH}/runs/{run.id}/workbook" enctype="multipart/form-data">
<label class="wide">Edited workbook<input name="workbook" type="file" accept=".xlsx" required></label>
<button>Plan again</button>
</form>"""


def _form(categories: tuple[str, ...]) -> str:
    known = "".join(f"<option>{escape(name)}</option>" for name in categories)
    return f"""
<h2>Start a run</h2>
<form method="post" action="/buyers/runs">
<label>Category<input name="category" list="categories" maxlength="200" required autocomplete="off"></label>
<datalist id="categories">{known}</datalist>
<label>Weeks<input name="horizon_weeks" type="number" min="1" max="52" value="13" required></label>
<label class="wide">Stores
<input name="stores" autocomplete="off" placeholder="ids, separated by commas; empty: every one"></label>
<label class="wide"><span><input name="per" type="checkbox" value="store"> A list for each store, too</span></label>
<label class="wide">Rules
<textarea name="rules" rows="6" spellcheck="false" placeholder="TOML; see the buyer's guide"></textarea></label>
<button>Start</button>
</form>"""
