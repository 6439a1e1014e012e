"""Screen -> its pictures."""

from collections.abc import Callable, Iterator, Mapping

from training.assortments.report.charts import (
    clusters,
    decisions,
    evidence,
    festival,
    needs,
    newcomers,
    rollout,
    rules,
    space,
    summary,
    suppliers,
)
from training.assortments.report.charts.drawing import Chart
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport

Drawn = Callable[[AssortmentReport, Names], Iterator[Chart]]

SCREENS: Mapping[str, Drawn] = {
    "summary": summary.drawn,
    "decisions": decisions.drawn,
    "needs": needs.drawn,
    "clusters": clusters.drawn,
    "space": space.drawn,
    "rules": rules.drawn,
    "suppliers": suppliers.drawn,
    "festival": festival.drawn,
    "newcomers": newcomers.drawn,
    "evidence": evidence.drawn,
    "rollout": rollout.drawn,
}


def pictures(report: AssortmentReport, names: Names) -> dict[str, list[Chart]]:
    return {screen: list(drawn(report, names)) for screen, drawn in SCREENS.items()}
