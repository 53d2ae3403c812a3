"""The daily recheck and its mail, on a small simulated season."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from dias_cbm.pipeline.season import SeasonRunner
from dias_cbm.scenes import Card

pytestmark = pytest.mark.integration


@pytest.fixture
def clock(demo_season: Any, dias_url: str) -> Iterator[Any]:
    """Set the clock of the local DIAS to one of the truth's two times."""
    address = urljoin(dias_url, "/demo/clock")

    def turn(name: str | None) -> None:
        now = demo_season.truth()["clocks"][name] if name else None
        httpx.post(address, json={"now": now}, trust_env=False).raise_for_status()

    yield turn
    turn(None)


def observe(connection: Any, card: Card, season: Any) -> None:
    """The days of a season, without Airflow."""
    done = SeasonRunner(connection, season, (card,), season.starts, season.ends).run()
    assert len(done.days) == 21


def status_of(connection: Any, name: str) -> str:
    connection.rollback()
    row = connection.execute(
        "select status from dias_catalogue where reference = %s", (name,)
    ).fetchone()
    return str(row.status) if row else "unknown"


def run(dag: Any, **conf: Any) -> tuple[str, dict[str, str]]:
    done = dag.test(logical_date=datetime.now(UTC), run_conf=conf)
    return str(done.state), {ti.task_id: str(ti.state) for ti in done.get_task_instances()}


@pytest.fixture
def gaps_dag(airflow_database: None, dagbag: Any) -> Any:
    return dagbag.dags["cbm_gaps"]


def test_a_late_pass_is_recovered_and_mailed_once(
    season: Any,
    connection: Any,
    demo_season: Any,
    clock: Any,
    mailbox: list[EmailMessage],
    gaps_dag: Any,
) -> None:
    (late,) = demo_season.truth()["faults"]["late"]["names"]
    clock("season_end")
    observe(connection, Card.BS, season)
    assert status_of(connection, late) == "unknown"

    state, tasks = run(gaps_dag, everything=True)
    assert state == "success"
    assert tasks["make_card"] == tasks["five_day_means"] == tasks["send_digest"] == "success"
    (first,) = mailbox
    assert season.name in first["Subject"]
    assert first["To"] == "operator@example.org"
    assert first.get_body(("plain",)) is not None

    clock("afterwards")
    state, _ = run(gaps_dag, everything=True)
    assert state == "success"
    assert status_of(connection, late) == "extracted"
    assert len(mailbox) == 2
    assert "1 recovered" in mailbox[1]["Subject"]

    state, _ = run(gaps_dag, everything=True)
    assert state == "success"
    assert len(mailbox) == 2


def test_a_product_reprocessed_after_its_day_was_closed_is_taken(
    season: Any, connection: Any, demo_season: Any, clock: Any, gaps_dag: Any
) -> None:
    names = demo_season.truth()["faults"]["reprocessed"]["names"]
    first, second = (name.removesuffix(".SAFE") for name in names)
    clock("season_end")
    observe(connection, Card.S2, season)
    assert status_of(connection, first) == "extracted"
    clock("afterwards")
    assert run(gaps_dag, everything=True)[0] == "success"
    assert status_of(connection, first) == "superseded"
    assert status_of(connection, second) == "extracted"


def test_the_digest_names_a_catalogue_that_is_away(
    season: Any,
    mailbox: list[EmailMessage],
    gaps_dag: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", "http://127.0.0.1:9/odata/v1")
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    monkeypatch.setattr(gaps_dag.task_dict["recheck_gaps"], "retries", 0)
    state, tasks = run(gaps_dag, everything=True)
    assert state == "success"
    assert tasks["send_digest"] == "success"
    (digest,) = mailbox
    assert digest["Subject"].startswith(f"CbM {season.name}")
    text = digest.get_body(("plain",))
    assert text is not None
    assert "PLATFORMS THAT DO NOT ANSWER" in text.get_content()
    assert "* local, catalogue" in text.get_content()


def test_a_mail_that_cannot_be_sent_is_tried_again(
    season: Any,
    mailbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dias_cbm_airflow.operators import mail
    from dias_cbm_airflow.operators.tasks.send_digest import send_digest

    def refuse(*arguments: Any, **options: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(mail, "send", refuse)
        with pytest.raises(ConnectionRefusedError):
            send_digest.function()
    assert send_digest.function()[season.name].startswith("CbM ")
    assert send_digest.function() == {season.name: "nothing new"}
    assert len(mailbox) == 1


def test_without_an_address_the_digest_waits(
    season: Any, mailbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dias_cbm_airflow.operators.tasks.send_digest import send_digest

    with monkeypatch.context() as nobody:
        nobody.setenv("CBM_MAIL_TO", "")
        assert "mail.to is empty" in send_digest.function()[season.name]
    send_digest.function()
    assert len(mailbox) == 1
