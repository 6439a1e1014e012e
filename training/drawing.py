"""The colours of every picture: of a training's page, of a report and of a study."""

INK = "#1f2933"
MUTED = "#7b8794"
GRID = "#e4e7eb"
STRONG = "#0b6e75"
SOFT = "#9fb3c8"
WARM = "#d9822b"
