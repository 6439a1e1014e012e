"""What all pictures of the report share: size, ink, axes, and the way they become part of a page.

Figures are objects (no pyplot). A picture becomes SVG whose text stays text: it can be searched, read aloud and scales
without loss. The same table always gives the same SVG.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from training import drawing
from training.assortments.report.writing import short
from training.drawing import GRID, INK, MUTED, SOFT, STRONG, WARM

__all__ = ["GRID", "INK", "MUTED", "SOFT", "STRONG", "WARM"]

BAD = "#b3402e"
FONT_SIZE = 9
COLOURS = ("#0b6e75", "#d9822b", "#7a5195", "#5b8c3a", "#b3402e", "#3f6fb0", "#8c6d31", "#c2508f", "#4f5b66", "#a3a500")
"""Apart for colour-blind readers too; markers tell clusters apart once more."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")

HALF, WHOLE = 6.3, 12.9
"""Width in inches of a picture beside another, and of one alone on the page."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, its title, and what it shows in words for who cannot see it."""

    title: str
    words: str
    svg: str
    is_wide: bool = False


def figure(width: float = HALF, height: float = 3.4) -> Figure:
    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def chart(drawn: Figure, title: str, words: str) -> Chart:
    return Chart(title, words, _svg(drawn, title), is_wide=drawn.get_figwidth() > HALF + 1)


def clean(axes: Axes, grid: str = "x") -> None:
    drawing.clean(axes, grid, FONT_SIZE)
    axes.set_facecolor("none")


def amounts(axes: Axes, which: str = "x") -> None:
    """Ticks in thousands and millions of the currency; values are in currency units."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def rows_of(axes: Axes, labels: Iterable[str], longest: int = 34) -> None:
    """A label a row, the first on top."""
    shown = [cut(label, longest) for label in labels]
    axes.set_yticks(range(len(shown)), shown)
    axes.set_ylim(len(shown) - 0.4, -0.6)


def legend(axes: Axes, columns: int = 4) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2, ncols=columns, frameon=False, fontsize=9,
        labelcolor=INK, handletextpad=0.5, columnspacing=1.2,
    )  # fmt: skip


def note(axes: Axes, x: float, y: float, text: str, shift: float = 5) -> None:
    drawing.note(axes, x, y, text, shift, FONT_SIZE)


def cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip(" ,") + "…"


def _svg(drawn: Figure, name: str) -> str:
    """The drawing as an element of a page: no prologue, no ids that another picture could have too."""
    text = io.StringIO()
    salt = re.sub(r"\W+", "-", name.lower()).strip("-")
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.family": "sans-serif"}):
        drawn.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="[A-Za-z][A-Za-z0-9.]*_\d+"', "", svg)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'^<svg[^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" role="img" aria-hidden="true">', svg)
    return re.sub(r"\n\s*", "\n", svg)
