"""The sentences, literally."""

from __future__ import annotations

from datetime import date

import pytest

from dias_cbm.peers import sentences
from dias_cbm.peers.selection import Peer
from dias_cbm.peers.windows import Departure, Side


def departure(**more: object) -> Departure:
    values = {
        "card": "bs", "band": "VH", "direction": "A", "side": Side.BELOW,
        "first": date(2018, 5, 6), "last": date(2018, 6, 20), "windows": 9,
        "fewest": 24, "most": 24, "size": 2.13,
    } | more  # fmt: skip
    return Departure(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            departure(),
            "From 6 May to 20 June VH ascending lay 2.1 dB below nine of ten of 24 barley peers"
            " within 1.8 km.",
        ),
        (
            departure(card="c6", band="VV", direction="D", side=Side.ABOVE, fewest=12, size=0.125),
            "From 6 May to 20 June VV coherence descending lay 0.12 above nine of ten of 12 to 24"
            " barley peers within 1.8 km.",
        ),
        (
            departure(card="s2", band="B08", direction="*", size=0.03),
            "From 6 May to 20 June near infrared (B08) lay 0.030 below nine of ten of 24 barley"
            " peers within 1.8 km.",
        ),
    ],
)
def test_a_departure(found: Departure, said: str) -> None:
    assert sentences.departed(found, "barley", 1_733.2) == said


def test_who_they_are() -> None:
    def peers(*distances: float) -> list[Peer]:
        return [Peer(str(d), "barley", d, 1e4, 100) for d in distances]

    assert sentences.whose_peers("7", "barley", peers(0, 342.1), 1000) == (
        "2 barley peers of 7, within 350 m."
    )
    assert sentences.whose_peers("7", "barley", peers(0), 1000) == (
        "One barley peer of 7, within 10 m."
    )
    assert sentences.whose_peers("7", "barley", [], 5000) == (
        "No peer of 7: no other parcel of barley as asked for lies within 5 km."
    )


def test_what_cannot_be_compared() -> None:
    assert sentences.too_few(1, "barley", 340) == (
        "Only 1 barley peer within 340 m: with fewer than 10 there is no band."
    )
    assert sentences.few_with_values(3, 1200) == (
        "In 3 of 1,200 windows fewer than 10 peers have a value."
    )
    assert sentences.never_departed("7", 24, "barley", 1800) == (
        "Where it was seen, 7 never lay outside the band of its 24 barley peers within 1.8 km for"
        " three windows in a row."
    )


@pytest.mark.parametrize(
    ("metres", "words"),
    [(0, "10 m"), (10, "10 m"), (10.1, "20 m"), (990, "990 m"), (990.1, "1 km"), (995, "1 km"),
     (1000, "1 km"), (1000.5, "1.1 km"), (1800, "1.8 km"), (4999, "5 km"), (5000, "5 km")],
)  # fmt: skip
def test_a_radius_is_rounded_up(metres: float, words: str) -> None:
    assert sentences.within(metres) == f"within {words}"
