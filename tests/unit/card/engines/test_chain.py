"""Engines in turn."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dias_cbm.card.engines import ChainEngine, Job, engine_of
from dias_cbm.card.planned import Planned
from dias_cbm.errors import (
    CardFailed,
    CardPending,
    ObjectMissing,
    OrbitFileError,
    QuotaExhausted,
    SettingsError,
    Unsynchronised,
)
from dias_cbm.products.model import Product
from dias_cbm.scenes import Card, Kind
from dias_cbm.storage.files import FileStore

JOB = Job(Planned(Kind.CARD_BS, "X", datetime(2018, 5, 1, tzinfo=UTC)), FileStore("nowhere"))
PRODUCT = Product("x", Kind.CARD_BS, {}, attributes={"version": "1"})


class Played:
    """An engine that gives or raises what it is told to."""

    def __init__(self, name: str, outcome: Product | Exception) -> None:
        self.name, self.outcome = name, outcome

    def produce(self, job: Job) -> Product:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def test_the_first_that_can_makes_it_and_tells_who_could_not() -> None:
    chain = ChainEngine(
        [
            Played("ready", ObjectMissing("is not there", subject="X")),
            Played("embedded", PRODUCT),
            Played("snap", ZeroDivisionError()),
        ]
    )
    told = chain.produce(JOB).attributes
    assert told["engine"] == "embedded"
    assert told["failed_before"] == {"ready": "ObjectMissing: X: is not there"}
    assert chain.name == "ready,embedded,snap"


def test_one_engine_fails_as_it_does_alone() -> None:
    with pytest.raises(ObjectMissing):
        ChainEngine([Played("ready", ObjectMissing("is not there"))]).produce(JOB)


def test_when_all_fail_each_is_quoted() -> None:
    chain = ChainEngine([Played("a", CardFailed("no a")), Played("b", CardFailed("no b"))])
    with pytest.raises(CardFailed, match="a: CardFailed: no a; b: CardFailed: no b"):
        chain.produce(JOB)


def test_an_orbit_file_to_be_fetched_again_stays_the_cause() -> None:
    orbit = Played("embedded", OrbitFileError("cannot be read"))
    for engines in (
        [orbit, Played("b", CardFailed("no b"))],
        [Played("b", CardFailed("no b")), orbit],
    ):
        with pytest.raises(OrbitFileError, match="embedded: OrbitFileError: cannot be read"):
            ChainEngine(engines).produce(JOB)


def test_a_pair_that_is_not_synchronised_is_not_tried_with_another_engine() -> None:
    chain = ChainEngine(
        [
            Played("snap", CardFailed("does not filter")),
            Played("embedded", Unsynchronised("43% in common")),
            Played("other", PRODUCT),
        ]
    )
    with pytest.raises(Unsynchronised, match="43% in common"):
        chain.produce(JOB)


def test_what_is_being_made_is_waited_for() -> None:
    chain = ChainEngine([Played("order", CardPending("queued")), Played("embedded", PRODUCT)])
    with pytest.raises(CardPending, match="queued"):
        chain.produce(JOB)


def test_a_quota_that_is_used_up_leads_to_the_next_engine() -> None:
    used_up = QuotaExhausted("25 of 25")
    assert ChainEngine([Played("order", used_up), Played("embedded", PRODUCT)]).produce(JOB)
    for rest in ([], [Played("embedded", CardFailed("no"))]):
        with pytest.raises(QuotaExhausted):
            ChainEngine([Played("order", used_up), *rest]).produce(JOB)


def test_a_defect_is_not_passed_over() -> None:
    with pytest.raises(ZeroDivisionError):
        ChainEngine([Played("a", ZeroDivisionError()), Played("b", PRODUCT)]).produce(JOB)


def test_engines_by_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="bs_engines"):
        engine_of(Card.BS)
    monkeypatch.setenv("CBM_CARD_C6_ENGINES", "ready, snap,embedded")
    assert engine_of(Card.C6).name == engine_of(Card.C12).name == "snap,embedded"
    monkeypatch.setenv("CBM_CARD_S2_ENGINES", "sen3cor")
    with pytest.raises(SettingsError, match="'sen3cor' is not available"):
        engine_of(Card.S2)
    monkeypatch.setenv("CBM_CARD_S2_ENGINES", "ready")
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "order")
    with pytest.raises(SettingsError, match="CBM_DATABASE_URL"):
        engine_of(Card.BS)
