"""Faults that a rule file has although it can be read: a scheme that can never be green."""

from __future__ import annotations

from collections.abc import Iterator

from dias_cbm.rules.language import Condition, Group, How, Scheme

#: Any year with a leap day before and after it: lengths of windows are taken in it.
_YEAR = 2024


def never_true(scheme: Scheme) -> Iterator[str]:
    """A sentence for each reason why no parcel can ever be green."""
    for condition in scheme.group.conditions():
        if not condition.forbidden:
            yield from _too_many(scheme, condition)
    together = list(_together(scheme.group))
    for need in together:
        for forbid in together:
            if need.forbidden or not forbid.forbidden or not _same(need, forbid):
                continue
            if need.at_least >= forbid.at_least and _within(need, forbid):
                yield (
                    f"Scheme {scheme.name} is never true: it needs {need.marker} in a window in"
                    f" which it forbids it."
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
