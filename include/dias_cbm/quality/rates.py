"""Decision table of colour and finding, and the shares of wrong verdicts in every definition.

The text of the method that the Commission prescribes is not public; which definition is to be
reported is for the agency to say, so all of them are given, each with what it divides by what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dias_cbm.intervals import clopper_pearson, hypergeometric
from dias_cbm.quality.findings import Finding, Judged
from dias_cbm.quality.targets import LARGE_LOT

#: Rows of the decision table; the last is for items whose colour is not known.
COLOURS = ("green", "red", "yellow", "open", "")
#: Colours that are a verdict on a window that is over.
DECIDED = ("green", "red", "yellow")
_GOOD, _BAD = Finding.COMPLIANT, Finding.NOT_COMPLIANT


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of wrong verdicts with its 95 % interval.

    :param definition: what is divided by what.
    :param share: None if there is nothing to divide by.
    :param method: of the interval.
    """

    name: str
    definition: str
    wrong: int
    judged: int
    share: float | None
    low: float
    high: float
    method: str


@dataclass(frozen=True, slots=True)
class Table:
    """Items by colour and finding.

    :param counts: items with a finding, by colour and finding.
    :param waiting: items without a finding.
    """

    counts: Mapping[tuple[str, Finding], int]
    waiting: int

    def of(self, colour: str, finding: Finding) -> int:
        """Items of a colour with a finding."""
        return self.counts.get((colour, finding), 0)

    def judged(self, finding: Finding) -> int:
        """Items with a finding that are green, red or yellow."""
        return sum(self.of(colour, finding) for colour in DECIDED)


def table(items: Sequence[Judged]) -> Table:
    """Count the items by colour and finding."""
    counts: dict[tuple[str, Finding], int] = {}
    for one in items:
        if one.finding is not None:
            key = one.colour, one.finding
            counts[key] = counts.get(key, 0) + 1
    return Table(counts, sum(one.finding is None for one in items))


def rates(counted: Table) -> list[Rate]:
    """Alpha and beta in every definition, and theta.

    Alpha is the burden on the farmer, beta the risk to the fund. The definitions of
    cropclassification (theroggy/cropclassification 59ad8c6) are under its name.
    """
    false_red, false_green = counted.of("red", _GOOD), counted.of("green", _BAD)
    good, bad = counted.judged(_GOOD), counted.judged(_BAD)
    decided_good = false_red + counted.of("green", _GOOD)
    decided_bad = false_green + counted.of("red", _BAD)
    doubt = counted.of("yellow", _GOOD) + counted.of("yellow", _BAD)
    given = [
        ("alpha", "false red / compliant judged", false_red, good),
        ("alpha_decided", "false red / compliant judged, green or red", false_red, decided_good),
        ("beta", "false green / non-compliant judged", false_green, bad),
        (
            "beta_decided", "false green / non-compliant judged, green or red",
            false_green, decided_bad,
        ),
        (
            "beta_of_greens", "false green / greens judged",
            false_green, false_green + counted.of("green", _GOOD),
        ),
        (
            "cropclassification_alpha", "false red / (false red + red and non-compliant)",
            false_red, false_red + counted.of("red", _BAD),
        ),
        (
            "cropclassification_beta", "false green / (false green + all compliant)",
            false_green, false_green + good,
        ),
        ("cropclassification_theta", "yellow / all judged", doubt, good + bad),
    ]  # fmt: skip
    return [_rate(*one) for one in given]


def wrong_by_group(items: Sequence[Judged], lots: Mapping[str, int]) -> list[Rate]:
    """Share of wrong verdicts per group: false green and false red among all judged.

    :param lots: rows per group that could be drawn; a lot below 6,000 has the exact interval of
        its size.
    """
    found = []
    for group, lot in lots.items():
        judged = [one for one in items if one.row.group == group and is_judged(one)]
        wrong = sum(is_wrong(one) for one in judged)
        text = "false green and false red / judged"
        found.append(_rate(group, text, wrong, len(judged), lot if lot < LARGE_LOT else None))
    return found


def is_judged(item: Judged) -> bool:
    """Whether an inspector could tell, and there is a colour to compare it with."""
    return item.finding in (_GOOD, _BAD) and item.colour in DECIDED


def is_wrong(item: Judged) -> bool:
    """Whether the colour contradicts the finding; a yellow never does."""
    return (item.colour, item.finding) in (("green", _BAD), ("red", _GOOD))


def _rate(name: str, definition: str, wrong: int, judged: int, lot: int | None = None) -> Rate:
    if lot is None:
        low, high = clopper_pearson(wrong, judged)
    else:
        low, high = hypergeometric(wrong, judged, lot)
    share = wrong / judged if judged else None
    method = "Clopper-Pearson" if lot is None else f"hypergeometric, lot of {lot}"
    return Rate(name, definition, wrong, judged, share, low, high, method)
