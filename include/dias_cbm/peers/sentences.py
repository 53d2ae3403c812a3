"""Sentences about peers: who they are, and when a parcel's signal left theirs.

For example "From 6 May to 20 June VH ascending lay 2.1 dB below nine of ten of 24 barley peers
within 1.8 km."
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from dias_cbm.band_words import band_in_words, size_in_words
from dias_cbm.peers.selection import Peer
from dias_cbm.peers.windows import FEWEST_PEERS, Departure

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

_DIRECTION = {"A": " ascending", "D": " descending", "*": ""}


def whose_peers(pid: str, name: str, peers: Sequence[Peer], searched: float) -> str:
    """Who the peers are, or that there are none.

    :param name: of the crop or group.
    :param peers: nearest first.
    :param searched: radius in metres.
    """
    if not peers:
        return f"No peer of {pid}: no other parcel of {name} as asked for lies {within(searched)}."
    farthest = within(peers[-1].distance)
    if len(peers) == 1:
        return f"One {name} peer of {pid}, {farthest}."
    return f"{len(peers)} {name} peers of {pid}, {farthest}."


def departed(departure: Departure, name: str, farthest: float) -> str:
    """When and how far a parcel left its peers' band.

    :param name: of the crop or group.
    :param farthest: distance of the farthest peer in metres.
    """
    several = f"{departure.fewest} to {departure.most}"
    number = str(departure.most) if departure.fewest == departure.most else several
    what = band_in_words(departure.card, departure.band) + _DIRECTION[departure.direction]
    return (
        f"From {day(departure.first)} to {day(departure.last)} {what} lay"
        f" {size_in_words(departure.card, departure.size)} {departure.side} nine of ten of"
        f" {number} {name} peers {within(farthest)}."
    )


def never_departed(pid: str, number: int, name: str, farthest: float) -> str:
    """The parcel stayed within the band, as far as it was seen."""
    return (
        f"Where it was seen, {pid} never lay outside the band of its {number} {name} peers"
        f" {within(farthest)} for three windows in a row."
    )


def too_few(number: int, name: str, farthest: float) -> str:
    """There are peers, but a band is not made of so few."""
    some = f"Only {number} {name} peer{'s' * (number != 1)}"
    return f"{some} {within(farthest)}: with fewer than {FEWEST_PEERS} there is no band."


def few_with_values(windows: int, of: int) -> str:
    """In some windows most of the peers have no value."""
    return f"In {windows:,} of {of:,} windows fewer than {FEWEST_PEERS} peers have a value."


def without_means(pid: str) -> str:
    """The parcel itself was not seen."""
    return f"{pid} has no five-day means, so it cannot be compared."


def never_compared(pid: str) -> str:
    """Parcel and peers were never seen in the same window."""
    return f"{pid} and enough of its peers were never seen in one window."


def within(metres: float) -> str:
    """A radius in words, rounded up: ``within 1.8 km``, ``within 340 m``."""
    if metres <= 990:
        return f"within {max(10, math.ceil(metres / 10) * 10)} m"
    return f"within {math.ceil(round(metres / 100, 6)) / 10:g} km"


def day(one: date) -> str:
    """A day of the season in words, e.g. ``6 May``."""
    return f"{one.day} {_MONTHS[one.month - 1]}"
