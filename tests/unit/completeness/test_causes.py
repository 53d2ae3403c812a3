"""Causes, decided by hand-made evidence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dias_cbm.completeness.causes import WHO_CAN_ACT, Evidence, Limits, Verdict, decide
from dias_cbm.completeness.expected import ExpectedPass
from dias_cbm.completeness.scene_tiles import Sighting
from dias_cbm.completeness.why import IN_WORDS
from dias_cbm.errors import DatabaseError
from dias_cbm.scenes import KIND_OF_CARD, Card, Cause, Kind, Status

AT = datetime(2018, 6, 3, 17, 2, tzinfo=UTC)
LONG_AFTER = AT + timedelta(days=20)
LATENCY = timedelta(hours=48)


def expected(card: Card = Card.BS) -> ExpectedPass:
    satellite = "S2A" if card is Card.S2 else "S1A"
    return ExpectedPass(card, satellite, 44, "A", "32VNH", AT, frozenset({1}))


def product(card: Card = Card.BS, **more: object) -> Sighting:
    values = {"tile": "32VNH", "reference": f"PRODUCT_{card}", "obsid": 7, **more}
    return Sighting(
        kind=KIND_OF_CARD[card], satellite="S1A", rel_orbit=44, obstime=AT, card=card, **values
    )


def level1(kind: Kind = Kind.S1_GRD, at: datetime = AT) -> Sighting:
    return Sighting(3, kind, "S1A", 44, at, "32VNH", reference=f"LEVEL1_{kind}")


def verdict(
    *rows: Sighting,
    card: Card = Card.BS,
    now: datetime = LONG_AFTER,
    **more: object,
) -> Verdict:
    return decide(expected(card), Evidence(rows=rows, **more), Limits(LATENCY, 0.01, now=now))


def test_nothing_listed_is_not_acquired_once_it_is_older_than_usual() -> None:
    found = verdict()
    assert found.cause is Cause.NOT_ACQUIRED
    assert "neither a CARD-BS nor the S1_GRD acquisition of 2018-06-03 17:02 UTC" in found.evidence
    assert verdict(now=AT + LATENCY).cause is Cause.NOT_ACQUIRED
    young = verdict(now=AT + LATENCY - timedelta(seconds=1))
    assert young.cause is Cause.PENDING
    assert "within 48 h" in young.evidence


def test_level_1_alone_is_not_published() -> None:
    found = verdict(level1())
    assert found == Verdict(
        Cause.NOT_PUBLISHED, "acquired (LEVEL1_S1_GRD), but no CARD-BS of it is listed", 3
    )
    assert verdict(level1(), now=AT + timedelta(hours=5)).cause is Cause.PENDING


def test_another_product_of_the_pass_bears_witness_that_it_was_acquired() -> None:
    assert verdict(level1(Kind.S1_SLC)).cause is Cause.NOT_PUBLISHED
    assert verdict(product(Card.C6)).cause is Cause.NOT_PUBLISHED


def test_without_level_1_entries_the_evidence_says_so() -> None:
    found = verdict(level1_kept=False)
    assert found.cause is Cause.NOT_ACQUIRED
    assert "level-1 entries, which would show why, are not kept" in found.evidence


def test_what_was_not_asked_for_is_not_said_to_be_missing_from_the_catalogue() -> None:
    found = verdict(asked=False)
    assert found.cause is Cause.PENDING
    assert "the run of this day has not ended" in found.evidence
    assert verdict(level1(), asked=False).cause is Cause.NOT_PUBLISHED


def test_a_silent_satellite_is_named() -> None:
    found = verdict(last_seen=AT - timedelta(days=40))
    assert found.evidence.endswith("; S1A was last seen over the area 2018-04-24 17:02 UTC")
    assert "last seen" not in verdict(last_seen=AT - timedelta(days=12)).evidence


@pytest.mark.parametrize(
    ("cause", "reason", "of_gap", "told"),
    [
        (Cause.CORRUPT, "file is short", Cause.CORRUPT, "file is short"),
        (Cause.FETCH_FAILED, "corrupt: 404", Cause.FETCH_FAILED, "corrupt: 404"),
        (Cause.CARD_FAILED, "gpt died", Cause.CARD_FAILED, "gpt died"),
        (Cause.QUARANTINED, "no footprint", Cause.NOT_INDEXED, "quarantined: no footprint"),
        (Cause.DELETED, "it says: bad", Cause.NOT_INDEXED, "deleted: it says: bad"),
    ],
)
def test_a_failed_scene_tells_its_cause(
    cause: Cause, reason: str, of_gap: Cause, told: str
) -> None:
    row = product(status=Status.FAILED, cause=cause, reason=reason, attempts=2)
    assert verdict(level1(), row) == Verdict(of_gap, f"PRODUCT_bs: {told} (tried 2 times)", 7)


def test_what_can_be_tried_again_keeps_a_gap_open() -> None:
    """Of two failed scenes of a pass the one that may still come decides."""
    lost = product(status=Status.FAILED, cause=Cause.UNSYNCHRONISED, reason="43% in common")
    short = product(status=Status.FAILED, cause=Cause.CORRUPT, reason="file is short")
    for rows in ((lost, short), (short, lost)):
        assert verdict(level1(), *rows).cause is Cause.CORRUPT


def test_a_failed_extraction_tells_its_cause() -> None:
    row = product(
        status=Status.FAILED,
        unit="failed",
        unit_cause=Cause.EXTRACTION_FAILED,
        unit_reason="no memory",
    )
    assert verdict(row).cause is Cause.EXTRACTION_FAILED
    corrupt = product(
        status=Status.FAILED, unit="failed", unit_cause=Cause.CORRUPT, unit_reason="bad stripe"
    )
    assert verdict(corrupt).cause is Cause.CORRUPT


def test_a_failure_without_cause_is_an_error() -> None:
    with pytest.raises(DatabaseError, match="scene 7: has failed without a cause"):
        verdict(product(status=Status.FAILED, reason="corrupt: short"))


def test_a_product_without_footprint_is_not_indexed() -> None:
    row = product(tile=None, status=Status.FAILED, cause=Cause.QUARANTINED, reason="no footprint")
    assert verdict(row, level1()).cause is Cause.NOT_INDEXED
    assert verdict(row, product(unit="extracted", records=4)).satisfied


def test_a_product_that_is_paused_tells_what_it_waits_for() -> None:
    found = verdict(product(status=Status.READY, cause=Cause.PAUSED, reason="no answer"))
    assert found.cause is Cause.PENDING
    assert found.evidence.endswith("is waiting to be processed (state: ready); paused: no answer")


@pytest.mark.parametrize("status", [Status.INGESTED, Status.READY, Status.INPROGRESS])
def test_a_product_still_worked_on_is_pending(status: Status) -> None:
    found = verdict(product(status=status))
    assert found.cause is Cause.PENDING
    assert f"state: {status}" in found.evidence


def test_a_product_on_order_tells_how_it_stands() -> None:
    found = verdict(
        product(status=Status.ORDERED, cause=Cause.PENDING, reason="order 7 at cdse is queued")
    )
    assert found.cause is Cause.PENDING
    assert found.evidence == "PRODUCT_bs is to be made: order 7 at cdse is queued"


def test_extracted_records_satisfy() -> None:
    done = product(status=Status.EXTRACTED, unit="extracted", records=12)
    assert verdict(done) == Verdict(None, "extracted from PRODUCT_bs", 7)
    assert verdict(product(unit="no_parcels")).satisfied


def test_a_failed_slice_leaves_a_gap_beside_an_extracted_one() -> None:
    done = product(unit="extracted", records=12)
    failed = product(
        obsid=8, reference="OTHER", status=Status.FAILED, cause=Cause.CORRUPT, reason="short"
    )
    found = verdict(done, failed)
    assert (found.cause, found.obsid) == (Cause.CORRUPT, 8)
    assert found.evidence.endswith("one of 2 scenes of this pass")


def test_a_failed_copy_of_an_extracted_product_does_not_matter() -> None:
    done = product(unit="extracted", records=12)
    copy = product(obsid=8, status=Status.FAILED, cause=Cause.FETCH_FAILED, reason="404")
    assert verdict(done, copy).satisfied


def test_a_superseded_product_satisfies_only_until_its_winner_is_extracted() -> None:
    old = product(status=Status.SUPERSEDED, unit="extracted", records=12, reference="OLD")
    coming = product(obsid=8, status=Status.READY, reference="NEW")
    assert verdict(old, coming).satisfied
    failed = product(
        obsid=8, status=Status.FAILED, cause=Cause.CORRUPT, reason="short", reference="NEW"
    )
    found = verdict(old, failed)
    assert found.cause is Cause.CORRUPT
    assert "signatures of an earlier version are kept" in found.evidence
    assert verdict(old, product(obsid=8, unit="extracted", records=1)).obsid == 8
    assert verdict(product(status=Status.SUPERSEDED), coming).cause is Cause.PENDING
    assert verdict(old).cause is Cause.NOT_PUBLISHED


def test_clouds_leave_a_gap_that_nobody_can_close() -> None:
    clouded = product(Card.S2, unit="extracted", records=0, pixels=1000.0, clear=0.0)
    found = verdict(clouded, card=Card.S2)
    assert found.cause is Cause.CLOUDY
    assert "0.0% of its pixels are clear" in found.evidence
    assert WHO_CAN_ACT[found.cause] == "nobody"


@pytest.mark.parametrize(("clear", "cause"), [(9.0, Cause.CLOUDY), (10.0, None)])
def test_a_clear_share_below_the_setting_is_cloudy(clear: float, cause: Cause | None) -> None:
    row = product(Card.S2, unit="extracted", records=5, pixels=1000.0, clear=clear)
    assert verdict(row, card=Card.S2).cause is cause


def test_zero_records_without_histogram_are_cloudy_for_s2_and_no_parcels_otherwise() -> None:
    assert verdict(product(Card.S2, unit="extracted", records=0), card=Card.S2).cause is (
        Cause.CLOUDY
    )
    empty = product(Card.S2, unit="extracted", records=0, pixels=0.0, clear=0.0)
    assert verdict(empty, card=Card.S2).cause is Cause.NO_PARCELS
    assert verdict(product(unit="extracted", records=0)).cause is Cause.NO_PARCELS


def test_a_clear_datastrip_saves_a_tile() -> None:
    clouded = product(Card.S2, unit="extracted", records=0, pixels=1000.0, clear=0.0)
    clear = product(Card.S2, obsid=8, unit="extracted", records=9, pixels=1000.0, clear=900.0)
    assert verdict(clouded, clear, card=Card.S2) == Verdict(None, "extracted from PRODUCT_s2", 8)


def test_of_a_coherence_pair_the_missing_acquisition_is_named() -> None:
    earlier = level1(Kind.S1_SLC, AT - timedelta(days=6))
    later = level1(Kind.S1_SLC)
    assert verdict(later, partner=[earlier], card=Card.C6).cause is Cause.NOT_PUBLISHED
    found = verdict(later, card=Card.C6)
    assert found.cause is Cause.NOT_ACQUIRED
    assert "the earlier acquisition of the pair (S1_SLC, 2018-05-28 17:02 UTC)" in found.evidence
    assert "the later" not in found.evidence
    found = verdict(partner=[earlier], card=Card.C6)
    assert "the later acquisition of the pair (S1_SLC, 2018-06-03 17:02 UTC)" in found.evidence
    assert "the earlier" not in found.evidence


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_of_a_gap_has_words_and_somebody_who_can_act(cause: Cause) -> None:
    assert WHO_CAN_ACT[cause.of_gap]
    assert IN_WORDS[cause.of_gap]


def with_ground(*rows: Sighting, now: datetime = LONG_AFTER, **more: object) -> Verdict:
    """The verdict on a pass whose orbit usually covers blocks 1 to 4."""
    one = ExpectedPass(
        Card.BS, "S1A", 44, "A", "32VNH", AT, frozenset({1, 2, 3, 4, 9}), frozenset({1, 2, 3, 4})
    )
    return decide(one, Evidence(rows=rows, **more), Limits(LATENCY, 0.01, now=now))


def slice_of(*blocks: int, **more: object) -> Sighting:
    values = {"status": Status.EXTRACTED, "unit": "extracted", "records": 5, **more}
    return product(blocks=frozenset(blocks), **values)


def test_a_missing_slice_is_a_hole_in_what_the_orbit_usually_covers() -> None:
    assert with_ground(slice_of(1, 2), slice_of(2, 3, 4)).satisfied
    found = with_ground(slice_of(1, 2))
    assert found.cause is Cause.NOT_ACQUIRED
    assert found.hole == {3, 4}
    assert found.evidence == (
        "2 of 4 blocks of parcels that this orbit usually covers are outside the 1 CARD-BS"
        " listed, nor in any S1_GRD"
    )


def test_a_slice_that_was_acquired_and_not_published_is_told_apart() -> None:
    acquired = replace(level1(), blocks=frozenset({2, 3}))
    found = with_ground(slice_of(1, 2, 4), acquired)
    assert (found.cause, found.hole, found.obsid) == (Cause.NOT_PUBLISHED, {3}, 3)
    elsewhere = replace(level1(), blocks=frozenset({1, 2}))
    assert with_ground(slice_of(1, 2, 4), elsewhere).cause is Cause.NOT_ACQUIRED


def test_a_young_pass_may_yet_be_completed() -> None:
    found = with_ground(slice_of(1), now=AT + timedelta(hours=3))
    assert (found.cause, found.hole) == (Cause.PENDING, {2, 3, 4})


def test_a_failed_slice_is_named_before_a_hole() -> None:
    failed = slice_of(
        1,
        unit="failed",
        unit_cause=Cause.EXTRACTION_FAILED,
        unit_reason="x",
        records=None,
        reference="ANOTHER",
    )
    assert with_ground(failed, slice_of(2)).cause is Cause.EXTRACTION_FAILED
