"""Faults of a rule file that can be read.

They are schemes that can never be green, and conditions on a kind or value that the marker does not
have: its silence would then seem to be an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from dias_cbm.markers.vocabulary import VOCABULARY
from dias_cbm.rules.language import Condition, Group, How, Scheme

#: Any year with a leap day before and after it: lengths of windows are taken in it.
_YEAR = 2024


def never_true(scheme: Scheme) -> Iterator[str]:
    """A sentence for each reason why no parcel can ever be green."""
    for condition in scheme.group.conditions():
        if not condition.forbidden:
            yield from _too_many(scheme, condition)
    together = list(dict.fromkeys(_together(scheme.group)))
    forbids = [one for one in together if one.forbidden]
    for need in (one for one in together if not one.forbidden):
        for forbid in forbids:
            same = _same(need, forbid)
            if same and need.at_least >= forbid.at_least and _within(need, forbid):
                yield (
                    f"Scheme {scheme.name} is never true: it needs {need.marker} in a window in"
                    f" which it forbids it."
                )


def unknown_words(
    marker: str, kind: str | None, numbers: Iterable[str | None], *, counts: bool
) -> Iterator[str]:
    """A sentence for each kind or value that a condition's marker does not have.

    Nothing is known of a user's own marker, so there are none for it.

    :param kind: of events.
    :param numbers: values of the marker's state.
    :param counts: the condition counts events.
    """
    words = VOCABULARY.get(marker)
    if words is None:
        return
    asked = [(kind, words.kinds, "events of the kind")]
    asked += [(number, words.numbers, "value") for number in numbers]
    for word, known, what in asked:
        if word is not None and word not in known:
            near = get_close_matches(word, known, 1)
            it_has = ", ".join(sorted(known)) or "none"
            hint = f"did you mean {near[0]}?" if near else f"it has {it_has}."
            yield f"{marker} has no {what} {word}; {hint}"
    if counts and kind is None and not words.kinds:
        values = ", ".join(sorted(words.numbers))
        yield f"{marker} has no events; ask its state, or a value: {values}."
    elif counts and kind is None and not words.named:
        kinds = ", ".join(sorted(words.kinds))
        yield (
            f"some events of {marker} are of the contrary: name a kind ({kinds}), or ask its state."
        )


def _too_many(scheme: Scheme, need: Condition) -> Iterator[str]:
    if need.window is None or need.value is not None or need.state:
        return
    days = need.window[1].number(_YEAR) - need.window[0].number(_YEAR)
    asked = (need.at_least - 1) * need.min_interval_days
    if asked > days:
        yield (
            f"Scheme {scheme.name} is never true: {need.at_least:g} times {need.marker},"
            f" {need.min_interval_days} days apart, do not fit into {days + 1} days."
        )


def _together(group: Group) -> Iterator[Condition]:
    """The conditions that must all hold."""
    if group.how is not How.ALL and not (group.how is How.N_OF and group.n == len(group.parts)):
        return
    for part in group.parts:
        if isinstance(part, Condition):
            yield part
        else:
            yield from _together(part)


def _same(one: Condition, other: Condition) -> bool:
    question = (one.marker, one.state, one.value)
    if question != (other.marker, other.state, other.value) or one.value is not None:
        return False
    return one.kind == other.kind


def _within(need: Condition, forbid: Condition) -> bool:
    if forbid.window is None:
        return True
    if need.window is None:
        return False
    first, last = (one.number(_YEAR) for one in need.window)
    return forbid.window[0].number(_YEAR) <= first and last <= forbid.window[1].number(_YEAR)
