"""Traits of markers that rules depend on: hints, traces, and whose silence may make a red."""

from __future__ import annotations

from dias_cbm.markers.witness import SPARSE_PLANTS, UNBROKEN, WITNESS
from dias_cbm.rules.language import Condition

#: Kinds of events that are hints: they leave a condition in doubt and never meet it, unless it
#: names their kind.
HINTS = ("grazing_or_gradual", "ground_change")

#: Kinds that say how sure the other events are; they are not events themselves.
TRACES = (SPARSE_PLANTS, WITNESS, UNBROKEN)

#: Markers whose silence may make a red: mowing lists the stretches without a cut, presence leaves a
#: hint where it nearly saw plants.
CHAINED = "mowing"
SILENT = frozenset([CHAINED, "presence"])

#: Markers without hints whose state NOT_VALID may still make a red: it rests on looks that further
#: looks do not change.
STANDING = frozenset(["cover", "fallow"])

#: Markers that report only the best look of the season, and nothing about a window.
BEST_ONLY = frozenset(["presence"])


def silence_counts(condition: Condition) -> bool:
    """Whether it proves anything that a condition's marker saw nothing."""
    plain = condition.marker != CHAINED or has_chains(condition)
    return sees_window(condition) and (
        condition.forbidden or (condition.marker in SILENT and plain)
    )


def sees_window(condition: Condition) -> bool:
    """Whether a condition's marker reports all looks in the window, not only the season's best."""
    return condition.window is None or condition.marker not in BEST_ONLY


def has_chains(condition: Condition) -> bool:
    """Whether a condition's marker lists the stretches of looks without such an event."""
    return (
        condition.marker == CHAINED
        and not condition.forbidden
        and condition.kind in (None, CHAINED)
    )
