"""Words of the follow-up: days, events, and why a stretch of time has no image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dias_cbm.chips.looks import Held, Look

#: Share of a parcel that must be clear for an image to count.
CLEAR_SHARE = 0.9

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

#: Kinds that are no happenings, and that nobody would understand by their names.
_EVENTS: Mapping[str, str] = {
    "covered": "the time under plants",
    "bare": "the time of bare soil",
    "vegetation": "the greenest look",
    "sparse_plants": "the greenest look",
    "unbroken": "the time surely without mowing",
    "witness": "what was proved",
}


def day_in_words(day: date) -> str:
    """A day such as ``3 May``."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def span_in_words(first: date, last: date) -> str:
    """Days such as ``3 May and 20 June``; with their years where these differ."""
    if first.year != last.year:
        return f"{day_in_words(first)} {first.year} and {day_in_words(last)} {last.year}"
    return f"{day_in_words(first)} and {day_in_words(last)}"


def is_clear(look: Look) -> bool:
    """Whether enough of the parcel is clear in a look of Sentinel-2."""
    return look.clear_share is not None and look.clear_share >= CLEAR_SHARE


def event_in_words(kind: str) -> str:
    """A kind of event, as it stands before "between 3 May and 20 May"."""
    return _EVENTS.get(kind, kind.replace("_", " "))


def why_none(looks: Sequence[Look], first: date, last: date) -> str | None:
    """Why no image of Sentinel-2 shows a parcel on some days; None if one does.

    :param looks: of the parcel.
    :param first: and ``last``: both included.
    """
    passes: dict[date, list[Look]] = {}
    for look in looks:
        if look.sensor == "S2" and first <= look.day <= last:
            passes.setdefault(look.day, []).append(look)
    clear = [[one for one in of_day if is_clear(one)] for of_day in passes.values()]
    clear = [of_day for of_day in clear if of_day]
    if any(one.held is Held.HELD for of_day in clear for one in of_day):
        return None
    text = f"no clear image between {span_in_words(first, last)}: "
    if not passes:
        return f"{text}no pass of Sentinel-2 has statistics of the parcel"
    number = f"{len(passes)} pass{'es' * (len(passes) > 1)}"
    cloudy = len(passes) - len(clear)
    if not clear:
        return f"{text}{number}, {'all cloudy' if cloudy > 1 else 'cloudy'}"
    reasons = [f"{cloudy} cloudy"] if cloudy else []
    return f"{text}{number}, {'; '.join([*reasons, *_not_held(clear)])}"


def _not_held(clear: Sequence[Sequence[Look]]) -> list[str]:
    """Why the products of clear passes cannot be shown, with the number of each reason."""
    counted: dict[Held, list[Look]] = {}
    for of_day in clear:
        counted.setdefault(of_day[0].held, []).append(of_day[0])
    found = []
    for held, looks in counted.items():
        one = len(looks) == 1
        if held is Held.DELETED:
            reason = "its product was deleted" if one else "their products were deleted"
            reason += f" after extraction ({looks[0].why})"
        elif held is Held.OFFLINE:
            reason = "in a slow archive"
        else:
            reason = "of which only statistics are here"
        found.append(f"{len(looks)} clear, {reason}")
    return found
