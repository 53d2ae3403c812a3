"""Answers before and after a marker: what keeps it from looking, and what its silence may hide."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.cards import Card
from dias_cbm.errors import MarkerError
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.gaps import gap_confidence
from dias_cbm.markers.marker import Marker, Needs, Window
from dias_cbm.markers.series import MINIMUM_CLEAR, ParcelSeries

#: Least pixels of a parcel, and least clear looks in a window, for an answer.
MINIMUM_PIXELS = 8
MINIMUM_LOOKS = 6
#: Share of snow above which a look is a look at snow.
SNOW_SHARE = 0.1

_VANISHED = "vanishes_under_inner_buffer"
_WAITING = (Reason.FEW_CLEAR, Reason.GAP_IN_WINDOW, Reason.NO_S1, Reason.NO_STATISTICS)


def optical_states(
    series: ParcelSeries,
    window: Window,
    options: Mapping[str, Any],
    *,
    ndvi_floor: float | None = 0.1,
    hides_days: float = 28,
) -> tuple[States, NDArray[np.bool_]]:
    """The states of a marker that reads optical looks, before it has looked.

    All parcels are NOT_VALID, but for those that cannot be answered for: those without statistics,
    too small, snowed over, or with too few looks in the window.

    :param options: ``minimum_clear``, ``minimum_pixels``, ``minimum_looks``.
    :param ndvi_floor: see :meth:`dias_cbm.markers.series.Optical.looks`.
    :returns: the states, and the looks bool[n, D], of all days.
    """
    optical = series.optical
    minimum_pixels = options.get("minimum_pixels", MINIMUM_PIXELS)
    minimum_clear = options.get("minimum_clear", MINIMUM_CLEAR)
    looks = optical.looks(minimum_clear, 1, ndvi_floor)
    inside = (optical.days >= window.start) & (optical.days < window.end)
    states = States.blank(len(series))
    states.observations[:] = looks[:, inside].sum(axis=1)
    confidence, longest = gap_confidence(optical.days, looks, window.start, window.end, hides_days)
    states.gap_confidence[:], states.longest_gap[:] = confidence, longest
    if series.notes is not None:
        gone = np.array([note == _VANISHED for note in series.notes.tolist()], bool)
        states.not_executed(gone, Reason.VANISHES_UNDER_INNER_BUFFER)
    nothing = optical.obsid.max(axis=1, initial=0) == 0
    states.not_executed(np.asarray(nothing), Reason.NO_STATISTICS)
    most = np.nan_to_num(optical.pixels).max(axis=1, initial=0)
    states.not_executed(most < minimum_pixels, Reason.TOO_SMALL)
    few = states.observations < options.get("minimum_looks", MINIMUM_LOOKS)
    snowy = (np.nan_to_num(optical.snow[:, inside]) > SNOW_SHARE).sum(axis=1)
    states.not_executed(few & (2 * snowy > inside.sum()), Reason.SNOW)
    states.not_executed(few, Reason.FEW_CLEAR)
    return states, looks


def cards_of(needs: Needs) -> set[str]:
    """The cards whose missing scenes matter to a marker."""
    cards: set[str] = set()
    if needs.optical and "optical" not in needs.refining:
        cards.add(Card.S2.value)
    if needs.radar and "radar" not in needs.refining:
        cards.add(Card.BS.value)
    if needs.coherence and "coherence" not in needs.refining:
        cards |= {Card.C6.value, Card.C12.value}
    return cards


def left_open(states: States, window: Window, missing_cards: Collection[str]) -> States:
    """The states, where silence that is not final says so: scenes are missing, or days to come.

    A parcel where nothing was seen stays NOT_VALID and gets the reason; one that could not be
    answered for lack of looks gets it in place of its own.

    :param missing_cards: cards of which the window still expects scenes, of those that matter.
    """
    silent = (states.status == Status.NOT_VALID) & (states.reason == Reason.NONE)
    waiting = (states.status == Status.NOT_EXECUTED) & np.isin(states.reason, _WAITING)
    if not missing_cards and window.over:
        return states
    why = Reason.GAP_OPEN if missing_cards else Reason.SEASON_NOT_OVER
    return replace(states, reason=np.where(silent | waiting, np.int8(why), states.reason))


def check(marker: Marker, parcels: int, states: States, events: Events) -> None:
    """Check what a marker returned against its contract.

    :raises MarkerError: it breaks it; the message says where.
    """
    fault = _fault_of_states(parcels, states) or _fault_of_events(parcels, events)
    if fault:
        raise MarkerError(
            f"breaks its contract: {fault}",
            subject=f"{marker.name} {marker.version}",
            hint="correct the marker; nothing was stored",
        )


def _fault_of_states(parcels: int, states: States) -> str | None:
    arrays: dict[str, NDArray[Any]] = {
        "status": states.status,
        "reason": states.reason,
        "confidence": states.confidence,
        "gap_confidence": states.gap_confidence,
        "longest_gap": states.longest_gap,
        "observations": states.observations,
        **states.values,
    }
    for name, array in arrays.items():
        if np.shape(array) != (parcels,):
            return f"{name} has shape {np.shape(array)}, not ({parcels},)"
    if not np.isin(states.status, list(Status)).all():
        return "a status is none of OK, NOT_VALID and NOT_EXECUTED"
    if not np.isin(states.reason, list(Reason)).all():
        return "a reason is not in the closed list"
    if ((states.status == Status.NOT_EXECUTED) & (states.reason == Reason.NONE)).any():
        return "NOT_EXECUTED without a reason"
    for name in ("confidence", "gap_confidence"):
        if _outside(arrays[name]):
            return f"a {name} is not between 0 and 1"
    return None


def _fault_of_events(parcels: int, events: Events) -> str | None:
    if not len(events):
        return None
    names = ("kind", "start", "end", "best", "confidence", "before", "after", "evidence")
    arrays = {name: getattr(events, name) for name in names} | dict(events.values)
    for name, array in arrays.items():
        if len(array) != len(events):
            return f"events have {len(array)} of {name}, not {len(events)}"
    if events.evidence.ndim != 2:
        return f"the evidence of events has {events.evidence.ndim} dimensions, not 2"
    if events.parcel.min() < 0 or events.parcel.max() >= parcels:
        return "an event is of a parcel that is not in the block"
    if not all(kind and kind.isprintable() for kind in set(events.kind.tolist())):
        return "an event's kind is not a word"
    if not ((events.start <= events.best) & (events.best <= events.end)).all():
        return "an event's best day is outside of its interval"
    if np.isnan(events.confidence).any() or _outside(events.confidence):
        return "an event's confidence is not between 0 and 1"
    return None


def _outside(values: NDArray[Any]) -> bool:
    known = values[~np.isnan(values)]
    return bool(((known < 0) | (known > 1)).any())
