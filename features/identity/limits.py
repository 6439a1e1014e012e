"""What evidence is worth: which identifiers are strong, and how many subjects may share one before it says nothing."""

from dataclasses import dataclass

STRONG = ("email", "member_number")
"""Equal values join two subjects, unless a veto stands against it. A phone never does: households share phones."""

UNIQUE = ("member_number",)
"""One person has one: subjects with different values never merge by themselves."""

SHARED_BY_AT_MOST = {
    "email": 8,
    "member_number": 8,
    "mailbox": 8,
    "phone": 12,
    "street": 200,
    "linked": 8,
}
"""A value that more subjects have is no evidence: the phone of an office, the e-mail address of a till, the loyalty
card of a cashier."""

FEWEST_TO_LEARN_FROM = 20_000
"""With fewer subjects the model keeps the weights that it was given: rates of agreement cannot be estimated."""


@dataclass(frozen=True, slots=True)
class Options:
    """How sure a merge has to be, and what a run may use."""

    threshold: float = 0.93
    """The least probability that Splink must give two subjects of being one person."""
    is_fuzzy: bool = True
    """False: strong identifiers and declared links only."""
