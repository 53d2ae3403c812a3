from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from dias_cbm_lab.demo import ports
from dias_cbm_lab.demo.mailbox import received


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    chosen = ports.choose(18025)
    command = ["-m", "dias_cbm_lab.demo.mailbox", "--folder", str(tmp_path), "--port", str(chosen)]
    server = subprocess.Popen([sys.executable, *command])
    deadline = time.monotonic() + 20
    while ports.is_free(chosen):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield chosen
    server.terminate()
    assert server.wait(10) == 0


def message(subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "cbm@localhost", "operator@localhost"
    mail.set_content("2 gaps: Sørø")
    mail.add_alternative("<p>2 gaps: Sørø</p>", subtype="html")
    return mail


def test_mails_are_kept_in_the_order_of_their_arrival(port: int, tmp_path: Path) -> None:
    with smtplib.SMTP(ports.HOST, port) as client:
        for subject in ("[cbm] 2 gaps", "[cbm] æ 1 gap"):
            client.send_message(message(subject))
    found = received(tmp_path)
    assert [mail.subject for mail in found] == ["[cbm] 2 gaps", "[cbm] æ 1 gap"]
    assert found[0].to == "operator@localhost"
    assert found[0].text.strip() == "2 gaps: Sørø"


def test_an_empty_mailbox_has_no_mails(tmp_path: Path) -> None:
    assert received(tmp_path / "nothing") == []
