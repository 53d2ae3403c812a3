"""The digest: what it tells, and that it tells it once."""

import smtplib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from dias_cbm import ledger, seasons
from dias_cbm.completeness import gaps
from dias_cbm.db.connection import connect
from dias_cbm.errors import StateConflict
from dias_cbm.notices import digest, refusals
from dias_cbm.notices.digest import Digest, DigestKind
from dias_cbm.pipeline.digest import send_digests
from dias_cbm.scenes import Cause, Kind

pytestmark = pytest.mark.integration

NOW = datetime(2018, 7, 10, 6, tzinfo=UTC)
DAY = timedelta(days=1)
WEST = shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])


def send(world: Any, now: datetime = NOW) -> Digest | None:
    """What the task does: None when nothing was to be sent."""
    composed = digest.compose(world.connection, world.season, now)
    if not composed.anything_new or not digest.claim(world.connection, composed, now):
        return None
    digest.record_sent(world.connection, composed, now)
    return composed


@pytest.fixture
def missing(radar: Callable[..., Any]) -> Any:
    world = radar(lost=(14,))
    gaps.refresh(world.connection, world.season, NOW)
    return world


def test_the_subject_has_the_numbers(missing: Any) -> None:
    composed = digest.compose(missing.connection, missing.season, NOW)
    assert composed.subject == "CbM dk-2018: 1 gap open, 83.3 % of expected passes processed"
    assert composed.kind is DigestKind.NEWS
    assert "not_acquired" in composed.text
    assert "not_acquired" in composed.html


def test_the_same_news_is_sent_once(missing: Any) -> None:
    assert send(missing) is not None
    assert send(missing) is None
    assert send(missing, NOW + DAY) is None


def test_composing_stores_nothing_and_gives_the_same_hash(missing: Any) -> None:
    first = digest.compose(missing.connection, missing.season, NOW)
    second = digest.compose(missing.connection, missing.season, NOW + timedelta(hours=2))
    assert first.news_hash == second.news_hash
    assert first.message_id == second.message_id
    assert missing.table("digest") == []


def test_a_recovery_is_news_once_and_then_all_is_well_weekly(missing: Any) -> None:
    send(missing)
    missing.extracted(Kind.CARD_BS, 14, footprint=WEST)
    gaps.refresh(missing.connection, missing.season, NOW + DAY)
    sent = send(missing, NOW + DAY)
    assert sent is not None
    assert sent.subject == (
        "CbM dk-2018: nothing missing, 1 recovered, 100 % of expected passes processed"
    )
    assert send(missing, NOW + 2 * DAY) is None
    weekly = send(missing, NOW + 8 * DAY)
    assert weekly is not None
    assert (weekly.kind, weekly.subject) == (
        DigestKind.ALL_WELL,
        "CbM dk-2018: nothing missing, 100 % of expected passes processed",
    )
    assert send(missing, NOW + 8 * DAY) is None
    assert send(missing, NOW + 15 * DAY) is not None


def test_what_stays_missing_is_mailed_again_after_a_week(missing: Any) -> None:
    send(missing)
    assert send(missing, NOW + 6 * DAY) is None
    again = send(missing, NOW + 7 * DAY)
    assert again is not None
    assert again.kind is DigestKind.STILL_OPEN


def test_another_cause_is_news(missing: Any) -> None:
    send(missing)
    missing.scene(Kind.S1_GRD, 14, footprint=WEST)
    gaps.refresh(missing.connection, missing.season, NOW + DAY)
    sent = send(missing, NOW + DAY)
    assert sent is not None
    assert "not_published" in sent.text


def test_a_pass_that_comes_within_the_usual_time_is_no_news(radar: Callable[..., Any]) -> None:
    world = radar(days=range(2, 20, 6))
    send(world, NOW)
    now = datetime(2018, 5, 22, tzinfo=UTC)
    gaps.refresh(world.connection, world.season, now)
    assert [row[6] for row in world.gaps()] == ["pending"]
    world.extracted(Kind.CARD_BS, 20, "S1B", footprint=WEST)
    gaps.refresh(world.connection, world.season, now + timedelta(hours=9))
    assert [row[6] for row in world.gaps()] == ["recovered"]
    assert digest.compose(world.connection, world.season, now + DAY).kind is DigestKind.ALL_WELL


def test_clouds_are_counted_and_no_news(world: Any) -> None:
    world.extracted(Kind.S2_L2A, 0, "S2A", orbit=108)
    world.extracted(Kind.S2_L2A, 10, "S2A", orbit=108, records=0)
    world.extracted(Kind.S2_L2A, 20, "S2A", orbit=108)
    world.extracted(Kind.S2_L2A, 30, "S2A", orbit=108)
    gaps.refresh(world.connection, world.season, NOW)
    composed = digest.compose(world.connection, world.season, NOW)
    assert composed.kind is DigestKind.ALL_WELL
    assert "100 % of expected passes processed" in composed.subject
    line = next(row for row in composed.text.splitlines() if "CARD-2A" in row)
    assert line.split() == ["CARD-2A", "4", "3", "1", "0", "0", "0", "0"]


def test_failed_and_replaced_products_are_told_once(radar: Callable[..., Any]) -> None:
    world = radar()
    first = world.extracted(Kind.S2_L2A, 0, "S2A", orbit=108)
    better = world.extracted(Kind.S2_L2A, 0, "S2A", orbit=108)
    ledger.supersede(world.connection, first, better)
    other = world.scene(Kind.CARD_BS, 3, orbit=66, footprint=WEST)
    world.fail(other, Cause.CORRUPT, "short file")
    gaps.refresh(world.connection, world.season, NOW)
    sent = send(world)
    assert sent is not None
    assert f"scene {other}" in sent.text
    assert f"scene {first}" in sent.text
    assert "extracted again from the better one" in sent.text
    assert send(world, NOW + DAY) is None


def test_a_gap_given_up_is_told(missing: Any) -> None:
    send(missing)
    gaps.refresh(missing.connection, missing.season, NOW + 40 * DAY)
    sent = send(missing, NOW + 40 * DAY)
    assert sent is not None
    assert "GIVEN UP" in sent.text
    assert (
        sent.subject == "CbM dk-2018: no gaps open, 1 given up, 83.3 % of expected passes processed"
    )


def test_a_pair_that_is_not_synchronised_is_told_once(radar: Callable[..., Any]) -> None:
    """Nothing can be done about it, yet it is a loss, unlike a cloudy pass."""
    world = radar(lost=(8,))
    world.scene(Kind.S1_GRD, 8, "S1B", footprint=WEST)
    lost = world.scene(Kind.CARD_BS, 8, "S1B", footprint=WEST)
    world.fail(lost, Cause.UNSYNCHRONISED, "begins its bursts 104 ms later: 43% in common")
    gaps.refresh(world.connection, world.season, NOW)
    sent = send(world)
    assert sent is not None
    assert "1 given up" in sent.subject
    given_up = sent.text.partition("GIVEN UP")[2]
    assert "unsynchronised" in given_up
    assert "104 ms later: 43% in common" in given_up
    assert "not made again: the acquisitions stay as they are" in given_up
    assert send(world, NOW + DAY) is None


def test_simulated_seasons_are_labelled(missing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    missing.scene(Kind.S1_GRD, 3, platform="local", footprint=WEST)
    composed = digest.compose(missing.connection, missing.season, NOW)
    assert "simulated" not in composed.subject
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_SIMULATED", "true")
    composed = digest.compose(missing.connection, missing.season, NOW)
    assert composed.subject.startswith("CbM dk-2018 (simulated data): ")
    assert "Simulated data" in composed.html


def test_an_empty_ledger_is_not_all_well(world: Any) -> None:
    early = digest.compose(world.connection, world.season, datetime(2018, 5, 5, tzinfo=UTC))
    assert not early.anything_new
    composed = digest.compose(world.connection, world.season, NOW)
    assert composed.anything_new
    assert composed.kind is DigestKind.NOTHING_SEEN
    assert composed.subject == "CbM dk-2018: no passes seen yet"


def test_of_two_senders_one_sends(missing: Any, database: str) -> None:
    mine = digest.compose(missing.connection, missing.season, NOW)
    with connect(database) as other:
        theirs = digest.compose(other, missing.season, NOW)
        assert digest.claim(other, theirs, NOW)
        assert not digest.claim(missing.connection, mine, NOW)
        digest.record_sent(other, theirs, NOW)
    assert not digest.claim(missing.connection, mine, NOW)


def test_a_digest_composed_before_another_was_sent_is_not_sent(missing: Any) -> None:
    stale = digest.compose(missing.connection, missing.season, NOW)
    scene_id = missing.scene(Kind.CARD_BS, 3, orbit=66, footprint=WEST)
    missing.fail(scene_id, Cause.CORRUPT, "short file")
    assert send(missing) is not None
    assert not digest.claim(missing.connection, stale, NOW)


def test_a_released_claim_can_be_taken_again_at_once(missing: Any) -> None:
    composed = digest.compose(missing.connection, missing.season, NOW)
    assert digest.claim(missing.connection, composed, NOW)
    assert not digest.claim(missing.connection, composed, NOW)
    digest.release(missing.connection, composed)
    assert digest.claim(missing.connection, composed, NOW)


def test_the_claim_of_a_dead_sender_runs_out(missing: Any) -> None:
    composed = digest.compose(missing.connection, missing.season, NOW)
    assert digest.claim(missing.connection, composed, NOW)
    assert not digest.claim(missing.connection, composed, NOW + timedelta(minutes=29))
    assert digest.claim(missing.connection, composed, NOW + timedelta(minutes=31))
    digest.record_sent(missing.connection, composed, NOW + timedelta(minutes=32))
    assert send(missing, NOW + DAY) is None


def test_sent_without_claim_is_a_conflict(missing: Any) -> None:
    composed = digest.compose(missing.connection, missing.season, NOW)
    with pytest.raises(StateConflict, match="without being claimed"):
        digest.record_sent(missing.connection, composed, NOW)


def test_days_not_run_yet_are_counted_and_not_missing(radar: Callable[..., Any]) -> None:
    world = radar(lost=(26,))
    world.connection.execute(
        "insert into observed_day (season, card, day, report)"
        " select %s, 'bs', '2018-05-02'::date + n, '{}' from generate_series(0, 15) as n",
        (world.season.id,),
    )
    gaps.refresh(world.connection, world.season, NOW)
    composed = digest.compose(world.connection, world.season, NOW)
    line = next(row for row in composed.text.splitlines() if "CARD-BS" in row)
    assert line.split() == ["CARD-BS", "3", "3", "0", "0", "0", "0", "3", "from", "2018-05-21"]


def test_the_calendar_goes_with_a_mail_that_is_due(missing: Any) -> None:
    composed = digest.compose(missing.connection, missing.season, NOW, with_picture=True)
    assert composed.picture is not None
    assert composed.picture.startswith(b"\x89PNG")
    assert f'src="cid:{digest.PICTURE}"' in composed.html
    assert "1 missing, 5 processed" in composed.html
    plain = digest.compose(missing.connection, missing.season, NOW)
    assert plain.picture is None
    assert plain.news_hash == composed.news_hash, "the picture is not news"


def test_what_the_mail_server_refused_is_told_once(missing: Any) -> None:
    connection = missing.connection
    connection.execute("truncate alert, refused_recipient")
    send(missing)
    connection.execute(
        "insert into alert (task, subject, text_form, html_form, attempts, set_aside_at, error)"
        " values ('t', '[cbm] FAILED x', '', '', 5, now(), '554 too large')"
    )
    refusals.record(connection, {"gone@example.org": "550 no such user"})
    composed = send(missing)
    assert composed is not None
    assert "ALERTS THAT COULD NOT BE MAILED" in composed.text
    assert "[cbm] FAILED x\n    Reason: 554 too large; tried 5 times" in composed.text
    assert "* gone@example.org\n    Reason: 550 no such user" in composed.text
    assert send(missing) is None


def test_one_seasons_failure_does_not_stop_the_others(
    missing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_MAIL_TO", "operator@example.org")
    connection = missing.connection
    area, days = missing.season.area, (missing.season.starts, missing.season.ends)
    seasons.create(connection, "another", area, missing.season.srid, *days)
    connection.commit()
    subjects: list[str] = []

    def server(recipients: str, composed: Digest) -> None:
        subjects.append(composed.subject)
        if len(subjects) == 1:
            raise smtplib.SMTPDataError(554, b"refused")

    names = [season.name for season in seasons.all_seasons(connection)]
    with pytest.raises(smtplib.SMTPDataError) as failed:
        send_digests(connection, lambda _: None, server)
    assert len(subjects) == len(names) == 2
    assert any(names[0] in note for note in failed.value.__notes__)
