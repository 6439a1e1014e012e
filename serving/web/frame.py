"""The frame of every page: head, style sheet, header. Nothing is fetched from anywhere else."""

from html import escape
from importlib import resources

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_LINKS = (
    ("/", "Overview"),
    ("/docs", "API"),
    ("/buyers", "Assortments"),
    ("/readyz", "Readiness"),
    ("/metrics", "Metrics"),
)


def page(title: str, body: str, *, path: str, scripts: tuple[str, ...] = (), refresh_seconds: int = 0) -> str:
    """A whole HTML document. `body` is HTML; `title` is text; `path` is where the page lies.

    With `refresh_seconds` the browser asks for the page again.
    """
    again = f'<meta http-equiv="refresh" content="{refresh_seconds}">' if refresh_seconds else ""
    links = "".join(
        f'<a href="{href}"{" aria-current=page" if href == path else ""}>{label}</a>' for href, label in _LINKS
    )
    loaded = "".join(f'<script src="/assets/{name}" defer></script>' for name in scripts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{again}<link rel="icon" href="data:,"><link rel="stylesheet" href="/assets/page.css">'
        f"{loaded}</head><body>"
        f'<header><a class="brand" href="/">Omnishelf</a><nav aria-label="Pages">{links}</nav></header>'
        f"{body}</body></html>"
    )


def asset(package: str, name: str) -> str:
    """The text of a style sheet or script that lies in a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
