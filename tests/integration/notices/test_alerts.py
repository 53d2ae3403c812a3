"""One mail a failed task, neither lost nor doubled, whatever the mail server does."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dias_cbm.notices import alerts, refusals
from dias_cbm.notices.alerts import Alert, Failure
from dias_cbm.scenes import Cause, Kind

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def no_alert(connection: Any) -> None:
    connection.execute("truncate alert")
    connection.commit()


def failure(task: str = "cbm_bs/run/extract/0/5", **more: Any) -> Failure:
    values = {
        "task": task,
        "title": "cbm_bs.extract [0]",
        "run": "backfill__2018-05-03",
        "tries": 5,
        "error": "OperationalError: no room",
        "advice": "make room",
        "link": "https://airflow.example.org/log?a=1&b=2",
    }
    return Failure(**values | more)


def away(_: Alert) -> None:
    raise ConnectionRefusedError


def test_it_names_the_scene_the_reason_and_what_to_do(world: Any) -> None:
    scene_id = world.scene(Kind.CARD_BS, 2)
    world.fail(scene_id, Cause.FETCH_FAILED, "<404>")
    scenes = alerts.describe(world.connection, [scene_id])
    alert = alerts.compose(failure(scenes=[scene_id]), scenes)
    assert alert.subject == (
        "[cbm] FAILED cbm_bs.extract [0], backfill__2018-05-03: S1A_CARD_BS_20180503T170000_1"
    )
    assert alert.text.splitlines() == [
        "Task: cbm_bs.extract [0], failed after 5 tries",
        "Run: backfill__2018-05-03",
        "Scene: S1A_CARD_BS_20180503T170000_1, CARD-BS, 2018-05-03 17:00 UTC, scene"
        f" {scene_id} in the ledger, state failed: fetch_failed: <404>",
        "Reason: OperationalError: no room",
        "What to do: make room",
        "Log: https://airflow.example.org/log?a=1&b=2",
    ]
    assert "&lt;404&gt;" in alert.html
    assert 'href="https://airflow.example.org/log?a=1&amp;b=2"' in alert.html


def test_a_failure_that_is_reported_twice_is_mailed_once(connection: Any) -> None:
    sent: list[Alert] = []
    for _ in range(2):
        alerts.record(connection, alerts.compose(failure()))
        alerts.deliver(connection, sent.append)
    assert [one.task for one in sent] == ["cbm_bs/run/extract/0/5"]


def test_a_task_that_fails_again_after_it_was_cleared_is_mailed_again(connection: Any) -> None:
    sent: list[Alert] = []
    for number in (5, 10):
        alerts.record(connection, alerts.compose(failure(f"cbm_bs/run/extract/0/{number}")))
        alerts.deliver(connection, sent.append)
    assert len({one.message_id for one in sent}) == 2


def test_while_the_mail_server_is_away_it_waits(connection: Any) -> None:
    for task in ("first", "second"):
        alerts.record(connection, alerts.compose(failure(task)))
        with pytest.raises(ConnectionRefusedError):
            alerts.deliver(connection, away)
    sent: list[Alert] = []
    assert alerts.deliver(connection, sent.append) == 2
    assert [one.task for one in sent] == ["first", "second"]
    assert alerts.deliver(connection, sent.append) == 0


def test_what_a_dead_sender_had_claimed_is_sent_by_the_next(connection: Any) -> None:
    def die(_: Alert) -> None:
        raise KeyboardInterrupt

    alerts.record(connection, alerts.compose(failure()))
    with pytest.raises(KeyboardInterrupt):
        alerts.deliver(connection, die)
    sent: list[Alert] = []
    assert alerts.deliver(connection, sent.append) == 0
    later = datetime.now(UTC) + timedelta(hours=1)
    assert alerts.deliver(connection, sent.append, later) == 1


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPDataError(554, b"too large"),
        smtplib.SMTPRecipientsRefused({"a@b": (550, b"no such user")}),
        smtplib.SMTPSenderRefused(501, b"not you", "cbm@example.org"),
        smtplib.SMTPServerDisconnected("closed"),
        ValueError("header values may not contain linefeed"),
    ],
)
def test_one_that_is_refused_does_not_hold_up_the_others(connection: Any, error: Exception) -> None:
    sent: list[str] = []

    def server(alert: Alert) -> None:
        if alert.task == "a bad one":
            raise error
        sent.append(alert.task)

    alerts.record(connection, alerts.compose(failure("a bad one")))
    for number in range(alerts.MOST_TRIES):
        assert refusals.alerts(connection) == []
        alerts.record(connection, alerts.compose(failure(f"good {number}")))
        assert alerts.deliver(connection, server) == 1
    assert len(sent) == alerts.MOST_TRIES
    (aside,) = refusals.alerts(connection)
    assert (aside.task, aside.attempts, aside.error) == ("a bad one", 5, str(error))
    assert alerts.deliver(connection, server) == 0


def test_a_server_that_is_away_for_long_sets_nothing_aside(connection: Any) -> None:
    for task in ("first", "second", "third"):
        alerts.record(connection, alerts.compose(failure(task)))
    for _ in range(2 * alerts.MOST_TRIES):
        with pytest.raises(ConnectionRefusedError):
            alerts.deliver(connection, away)
    assert alerts.deliver(connection, lambda _: None) == 3


def test_a_recipient_that_is_refused_is_recorded(connection: Any) -> None:
    connection.execute("truncate refused_recipient")
    alerts.record(connection, alerts.compose(failure()))
    assert alerts.deliver(connection, lambda _: {"gone@example.org": "550 no such user"}) == 1
    (refused,) = refusals.recipients(connection)
    assert (refused.recipient, refused.error) == ("gone@example.org", "550 no such user")
