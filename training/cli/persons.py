"""Verbs of the command line that are about persons: who is whom, and undoing a merge."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from features.settings import Settings
from training.cli.options import Work


def identity(work: Work = None) -> None:
    """Show which accounts and cards were found to be one customer, and by what."""
    import pandas as pd

    from features.identity.resolution import describe
    from training.cli.console import console, say, table

    screen, found = console(), describe(Settings.load(work))
    rows = [{"evidence": kind, "links": count} for kind, count in found.links.items()]
    screen.print(table("Links", pd.DataFrame(rows, columns=["evidence", "links"])))
    sizes = [{"accounts and cards": size, "customers": count} for size, count in found.sizes.items()]
    screen.print(table("Customers by size", pd.DataFrame(sizes, columns=["accounts and cards", "customers"])))
    say(screen, f"{found.subjects:,} accounts and cards are {found.customers:,} customers (version {found.version}).")
    say(screen, f"{found.too_common:,} identifiers are too common to say anything; vetoes divided {found.divided:,}.")
    say(
        screen,
        f"{found.payers:,} payment tokens have a payer; {found.paid_baskets:,} receipts without a card are theirs.",
    )


def unmerge(
    left: Annotated[str, typer.Argument(help="An account or a card: kind:party:id, such as account:own:a-17.")],
    right: Annotated[str, typer.Argument(help="The one that is another person.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the decision.")],
    work: Work = None,
) -> None:
    """Undo a merge: the two stay apart from now on, and only their customer is derived again."""
    from features.identity.resolution import separate
    from training.cli.console import console, say

    touched = separate(Settings.load(work), left, right, at=datetime.now(UTC), reason=reason)
    screen = console()
    say(screen, f"Apart from now on. Derived again: {len(touched)} accounts and cards, now")
    for customer, members in touched.customers.items():
        say(screen, f"  {customer}: {', '.join(members)}")
    say(screen, "Next: `omnishelf train`, so that the model learns it too.")


Who = Annotated[
    str, typer.Argument(help="A customer's id, a former one, or an account or a card: id, kind:id or kind:party:id.")
]


def erase(customer: Who, work: Work = None) -> None:
    """Remove a person from everything in the work folder, for good, and print a receipt of what was removed."""
    from training.cli.console import console, say
    from training.privacy.erase import erase as run

    screen = console()
    receipt = run(Settings.load(work), customer, datetime.now(UTC), lambda what: say(screen, f"{what} …"))
    typer.echo(receipt.text())
    say(screen, "Next: `omnishelf train`, then `omnishelf promote`: a model that never knew of them.")


def export(
    customer: Who,
    out: Annotated[Path, typer.Option(help="The folder to make: person.json and tables/.")],
    work: Work = None,
) -> None:
    """Write what is held of a person: a summary in JSON, and their rows of every table as CSV."""
    from training.cli.console import console, say
    from training.privacy.export import export as run

    counts = run(Settings.load(work), customer, out, datetime.now(UTC))
    say(console(), f"{sum(counts.values()):,} rows of {len(counts)} tables and a summary: {out}")
