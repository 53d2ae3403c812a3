"""The table of CARD products: complete, without contradictions, and what names are read by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dias_cbm.cards import BY_KIND, CARDS, LONGEST_PAIR, REPEAT_CYCLE, Card, Kind
from dias_cbm.config.settings import Settings
from dias_cbm.scenes import kind_of_name


def test_every_card_has_a_row_and_a_kind_of_its_own() -> None:
    assert set(CARDS) == set(Card)
    assert len(BY_KIND) == len(Card)
    assert {card for kind in Kind if (card := kind.card)} == set(Card)
    assert not set(BY_KIND) & {row.source for row in CARDS.values()}


@pytest.mark.parametrize("card", list(Card))
def test_a_card_and_its_source_are_of_one_sensor(card: Card) -> None:
    row = CARDS[card]
    assert row.kind.card is card
    assert row.kind.sensor == row.source.sensor
    assert row.folder.startswith(f"Sentinel-{row.kind.sensor[1]}/")


@pytest.mark.parametrize("card", list(Card))
def test_a_family_is_its_own_and_has_settings(card: Card) -> None:
    assert card.family.family is card.family
    assert Settings().engines(card) == Settings().engines(card.family) == ("ready",)
    assert Settings().latency(card) == Settings().latency(card.family) > timedelta(0)


def test_pairs_are_told_apart_by_their_names() -> None:
    for card, row in CARDS.items():
        if row.pair:
            name = f"S1A_20180511T053956_20180505T053901_A_B_C_{row.label}"
            assert kind_of_name(name) is row.kind
            assert row.pair < LONGEST_PAIR
            assert REPEAT_CYCLE["S1"] % row.pair == timedelta(0), card
