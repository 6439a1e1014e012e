"""The picture of what pooling adds: NDCG@10 of each arm, a panel a target channel, a colour a history."""

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.drawing import INK, MUTED, STRONG, WARM

COLOURS = {"everybody": INK, "both channels": STRONG, "one channel": WARM}
TITLES = {"web": "Online targets", "store": "Store targets"}


def figure(compared: pd.DataFrame) -> Figure:
    """`compared` as pooling.compare makes it. Larger is better; bars are 95 % bootstrap intervals over people."""
    rows = compared[compared["metric"] == "NDCG@10"]
    drawn = Figure(figsize=(10.0, 4.6), layout="constrained")
    FigureCanvasAgg(drawn)
    arms = rows["arm"].drop_duplicates().tolist()
    channels = [channel for channel in TITLES if (rows["channel"] == channel).any()]
    for axes, channel in zip(drawn.subplots(1, len(channels), sharey=True, squeeze=False)[0], channels, strict=True):
        histories = [name for name in COLOURS if ((rows["channel"] == channel) & (rows["history"] == name)).any()]
        for nth, history in enumerate(histories):
            mine = rows[(rows["channel"] == channel) & (rows["history"] == history)].set_index("arm").loc[arms]
            places = [at + 0.18 * (nth - (len(histories) - 1) / 2) for at in range(len(arms))]
            around = [(mine["mean"] - mine["low"]).clip(0), (mine["high"] - mine["mean"]).clip(0)]  # rounding
            label = f"{history} ({int(mine['people'].iloc[0]):,})"
            axes.errorbar(places, mine["mean"], yerr=around, fmt="o", color=COLOURS[history], label=label, markersize=4)
        axes.set_xticks(range(len(arms)), [arm.replace(", ", ",\n").replace(" only", "\nonly") for arm in arms])
        axes.set_title(TITLES[channel], loc="left", color=INK)
        axes.grid(axis="y", color="#e4e7eb")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(title="used before (people)", fontsize=8, title_fontsize=8, frameon=False, loc="upper left")
    drawn.axes[0].set_ylim(0, max(float(rows["high"].max()) * 1.3, 0.01))  # both panels share it; above is the legend
    drawn.axes[0].set_ylabel("NDCG@10, 0 to 1; 95 % intervals", color=MUTED)
    return drawn
