"""What the pictures of both products and of studies share: their colours, clean axes, and notes beside a mark."""

from matplotlib.axes import Axes

INK = "#1f2933"
MUTED = "#7b8794"
GRID = "#e4e7eb"
STRONG = "#0b6e75"
SOFT = "#9fb3c8"
WARM = "#d9822b"


def clean(axes: Axes, grid: str, size: float = 8.5) -> None:
    """Leave only the line at the bottom and a pale grid ("x", "y" or "both"; none where empty)."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(length=0, colors=INK, labelsize=size)
    if grid:
        axes.grid(axis=grid, color=GRID, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.xaxis.label.set(color=MUTED, fontsize=size)
    axes.yaxis.label.set(color=MUTED, fontsize=size)


def note(axes: Axes, x: float, y: float, text: str, shift: float = 5, size: float = 8) -> None:
    """Write beside a mark: to the right of it, or to the left where `shift` (in points) is negative."""
    axes.annotate(
        text,
        (x, y),
        xytext=(shift, 0),
        textcoords="offset points",
        va="center",
        fontsize=size,
        color=INK,
        ha="left" if shift >= 0 else "right",
    )
