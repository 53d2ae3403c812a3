from __future__ import annotations

from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest

from dias_cbm_airflow.operators.failure_mail import send_failure_mail


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is what has failed."""
    monkeypatch.setenv("CBM_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")


def context(task_id: str, error: Exception | None, map_index: int = -1) -> Any:
    instance = SimpleNamespace(
        dag_id="cbm_bs", task_id=task_id, map_index=map_index, try_number=5, log_url="http://a/log"
    )
    return {"ti": instance, "run_id": "backfill__2018-05-03", "exception": error, "dag": None}


def test_it_tells_what_failed_why_and_what_to_do(mailbox: list[EmailMessage]) -> None:
    send_failure_mail(context("make_card", ValueError("no <b>bands</b>"), map_index=3))
    (mail,) = mailbox
    assert mail["Subject"] == "[cbm] FAILED cbm_bs.make_card [3], backfill__2018-05-03"
    assert mail["To"] == "operator@example.org"
    body = mail.get_body(("html",))
    assert body is not None
    text = body.get_content()
    assert "no &lt;b&gt;bands&lt;/b&gt;" in text
    assert "store is mounted" in text
    assert 'href="http://a/log"' in text
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "Reason: ValueError: no <b>bands</b>" in plain.get_content().splitlines()


def test_a_task_without_an_error_has_a_reason(mailbox: list[EmailMessage]) -> None:
    send_failure_mail(context("extract", None))
    plain = mailbox[0].get_body(("plain",))
    assert plain is not None
    assert "Reason: no worker began it" in plain.get_content()


def test_each_failure_has_a_mail_of_its_own(mailbox: list[EmailMessage]) -> None:
    send_failure_mail(context("make_card", ValueError("first")))
    send_failure_mail(context("extract", ValueError("second")))
    assert [str(mail["Subject"]).split()[2] for mail in mailbox] == [
        "cbm_bs.make_card,",
        "cbm_bs.extract,",
    ]
    assert mailbox[0]["Message-ID"] != mailbox[1]["Message-ID"]


def test_without_an_address_it_says_so(
    mailbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("CBM_MAIL_TO")
    send_failure_mail(context("extract", ValueError("x")))
    assert mailbox == []
    assert "mail.to is empty" in caplog.text
