"""The page at `/`: what runs here, where everything is, and a form to try it."""

from html import escape

from serving.recommender.placements.placements import PLACEMENTS
from serving.web.frame import page


def landing_page() -> str:
    return page("Omnishelf", _HEAD + _form(), path="/", scripts=("try.js",))


_HEAD = """
<main class="narrow">
<h1>Storefront recommendations</h1>
<p class="lead">This service answers what to show to whom, where, and why.
<span id="state" class="state" role="status">Looking for the model …</span></p>
<ul class="cards">
<li><a href="/docs">API</a><span>every request, answer and error, with examples</span></li>
<li><a href="/openapi.json">openapi.json</a><span>the same for machines</span></li>
<li><a href="/healthz">Health</a><span>does the process answer?</span></li>
<li><a href="/readyz">Readiness</a><span>is a model loaded, and which?</span></li>
<li><a href="/metrics">Metrics</a><span>for Prometheus</span></li>
</ul>
"""


def _form() -> str:
    placements = "".join(f"<option>{escape(placement.name)}</option>" for placement in PLACEMENTS)
    return f"""
<h2>Try it</h2>
<form id="try">
<label>Placement<select name="placement">{placements}</select></label>
<label>Customer<input name="customer_id" maxlength="200" autocomplete="off" placeholder="anonymous"></label>
<label>Channel
<select name="channel"><option value="">–</option><option>web</option><option>store</option></select></label>
<label>Store<input name="store_id" maxlength="200" autocomplete="off"></label>
<label>Items on the page<input name="item_ids" autocomplete="off" placeholder="ids, separated by commas"></label>
<label>Items wanted<input name="page_size" type="number" min="1" max="100" value="10"></label>
<label class="check"><input name="new_only" type="checkbox"> only items not bought before</label>
<button>Recommend</button>
</form>
<noscript><p>The form needs JavaScript. <a href="/docs">The documentation</a> has the same call for curl.</p></noscript>
<div id="answer" aria-live="polite"></div>
</main>
"""
