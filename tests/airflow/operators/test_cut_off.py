from __future__ import annotations

import inspect
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from airflow.sdk.execution_time import supervisor
from airflow.utils.serve_logs.log_server import create_app
from airflow_environment import free_port
from in_thread import in_thread

from dias_cbm.notices.cut_off import End, compose
from dias_cbm_airflow.operators import cut_off, failure_mail

#: A worker that is not there, unless a test serves its logs; and another one.
WORKER, OTHER = "127.0.0.1", "127.0.0.2"
MADE = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Store:
    """Stands in for the object store's side of Airflow's logs: takes a file as the S3 one does."""

    def __init__(self, sent: str = "") -> None:
        self.delete_local_copy = True
        self.texts: list[str] = []
        self.sent = sent

    def read(self, relative_path: str, ti: object) -> tuple[list[str], list[str] | None]:
        assert relative_path.startswith("dag_id=cbm_bs/")
        return [relative_path], [self.sent] if self.sent else None

    def upload(self, path: Path, ti: object) -> None:
        self.texts.append(path.read_text())
        assert not self.delete_local_copy
        path.write_text("")


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path))
    monkeypatch.setattr("dias_cbm_airflow.operators.in_time.silent", set())
    monkeypatch.setenv("AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT", str(free_port()))
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "secret" * 11)
    monkeypatch.setenv("CBM_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    return tmp_path


def context(error: Exception | None, hostname: str | None = WORKER, try_number: int = 1) -> Any:
    instance = SimpleNamespace(
        id=UUID(int=int(MADE.timestamp() * 1000) << 80),
        dag_id="cbm_bs",
        task_id="extract",
        run_id="backfill__1",
        map_index=2,
        try_number=try_number,
        hostname=hostname,
        log_url="http://a/log",
    )
    return {"ti": instance, "run_id": "backfill__1", "exception": error, "dag": None}


def line(event: str, seconds: float = 0) -> str:
    """A line of a log, so long after the task instance got its id."""
    at = (MADE + timedelta(seconds=seconds)).isoformat()
    return json.dumps({"timestamp": at, "event": event}) + "\n"


def log_of(logs: Path) -> Path:
    return logs / "dag_id=cbm_bs/run_id=backfill__1/task_id=extract/map_index=2/attempt=1.log"


def test_the_sentence_follows_what_the_try_has_written(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow.sdk.log.load_remote_log_handler", lambda: None)
    file = log_of(logs)
    file.parent.mkdir(parents=True)
    file.write_text('{"event": "begins"}\n')
    cut_off.note(context(None), End.LOST)
    begins, added = (json.loads(line) for line in file.read_text().splitlines())
    assert begins["event"] == "begins"
    assert f"its worker ({WORKER}) was lost" in added["event"]
    assert added["level"] == "error"


def test_no_sentence_blames_a_worker_for_what_it_did_not_do() -> None:
    said = {end: cut_off.sentence(context(None), end) for end in End}
    assert [end for end in End if "was lost" in said[end]] == [End.LOST]
    assert said[End.STOPPED].startswith("This try was stopped by hand.")


def test_it_reaches_the_store_and_the_next_try_keeps_its_log(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store()
    monkeypatch.setattr("airflow.sdk.log.load_remote_log_handler", lambda: store)
    following = log_of(logs).with_name("attempt=2.log")
    following.parent.mkdir(parents=True)
    following.write_text("the next try\n")
    cut_off.note(context(None), End.LOST)
    assert len(store.texts) == 1
    assert "no sign of life" in store.texts[0]
    assert following.read_text() == "the next try\n"
    assert not log_of(logs).exists()


def test_a_store_that_is_down_is_only_warned_of(
    logs: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down() -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("airflow.sdk.log.load_remote_log_handler", down)
    cut_off.note(context(None), End.LOST)
    assert "no route to host" in caplog.text


def test_all_tries_of_a_worker_are_one_mail(
    logs: Path, mailbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("airflow.sdk.log.load_remote_log_handler", lambda: None)
    failure_mail.tell_of_cut_off(context(None))
    failure_mail.tell_of_cut_off(context(None, hostname=OTHER))
    assert mailbox[0]["Subject"] == f"[cbm] LOST worker {WORKER}: its tasks are tried again"
    assert mailbox[0]["Message-ID"] != mailbox[1]["Message-ID"]
    lost = failure_mail._cut_off(context(None), End.LOST)
    assert failure_mail._cut_off(context(None, try_number=2), End.LOST).key == lost.key
    assert replace(lost, day=lost.day + timedelta(days=1)).key != lost.key


@pytest.mark.parametrize("in_store", [False, True])
@pytest.mark.parametrize(
    ("last", "hostname", "end", "subject"),
    [
        (
            "Process terminated by signal. Likely out of memory error (OOM).",
            WORKER,
            End.KILLED,
            "[cbm] KILLED cbm_bs.extract: it is tried again",
        ),
        (
            "***** Received SIGSEGV *****",
            WORKER,
            End.KILLED,
            "[cbm] KILLED cbm_bs.extract: it is tried again",
        ),
        (
            "Server indicated the task shouldn't be running anymore. Terminating process",
            WORKER,
            End.STOPPED,
            None,
        ),
        ("at work", WORKER, End.LOST, f"[cbm] LOST worker {WORKER}: its tasks are tried again"),
        ("", None, End.NOT_BEGUN, "[cbm] NOT BEGUN cbm_bs.extract: it is tried again"),
    ],
)
def test_how_it_ended_is_in_its_log(
    last: str,
    hostname: str | None,
    end: End,
    subject: str | None,
    in_store: bool,
    logs: Path,
    mailbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler = Store(line(last, 5)) if in_store else None
    monkeypatch.setattr("airflow.sdk.log.load_remote_log_handler", lambda: handler)
    if not in_store:
        log_of(logs).parent.mkdir(parents=True)
        log_of(logs).write_text(line(last, 5))
    assert cut_off.end_of(context(None, hostname)) is end
    failure_mail.tell_of_cut_off(context(None, hostname))
    assert [str(mail["Subject"]) for mail in mailbox] == ([subject] if subject else [])
    if mailbox:
        assert compose(failure_mail._cut_off(context(None, hostname), end)).text.count("\n") > 4


def test_a_log_that_is_not_yet_in_the_store_is_read_at_the_worker(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("airflow.sdk.log.load_remote_log_handler", down)
    file = log_of(tmp_path / "of the worker")
    file.parent.mkdir(parents=True)
    file.write_text(line("at work") * 3000 + line(cut_off.KILLED[0]))
    with monkeypatch.context() as worker:
        worker.setenv("AIRFLOW__LOGGING__BASE_LOG_FOLDER", str(tmp_path / "of the worker"))
        application = create_app()
    with in_thread(application) as url:
        monkeypatch.setenv("AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT", str(urlsplit(url).port))
        assert cut_off.end_of(context(None)) is End.KILLED
        assert cut_off.end_of(context(None, try_number=2)) is End.LOST
        monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "another" * 11)
        assert cut_off.end_of(context(None)) is End.LOST


def test_a_store_that_does_not_answer_holds_up_no_mail(
    logs: Path, mailbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    over = threading.Event()

    def hangs() -> None:
        asked.append(1)
        over.wait(20)

    monkeypatch.setattr("airflow.sdk.log.load_remote_log_handler", hangs)
    monkeypatch.setattr(cut_off, "_READ_S", 0.1)
    for try_number in (1, 2):
        failure_mail.tell_of_cut_off(context(None, try_number=try_number))
    over.set()
    assert {str(mail["Subject"]).split()[1] for mail in mailbox} == {"LOST"}
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("told", "end"),
    [
        (line(cut_off.STOPPED, 4), End.STOPPED),
        (line(cut_off.STOPPED, 299) + line("Task killed!", 310), End.STOPPED),
        (line(cut_off.STOPPED, 4) + line(cut_off.STOPPED, 301), End.LOST),
        (cut_off.STOPPED, End.LOST),
        (json.dumps({"event": cut_off.STOPPED}), End.LOST),
        (json.dumps(cut_off.STOPPED), End.LOST),
    ],
)
def test_a_worker_that_comes_back_was_lost_and_not_stopped_by_hand(
    told: str, end: End, logs: Path
) -> None:
    log_of(logs).parent.mkdir(parents=True)
    log_of(logs).write_text(line("at work") + told)
    assert cut_off.end_of(context(None)) is end


def test_airflow_still_says_it_in_these_words() -> None:
    source = inspect.getsource(supervisor)
    assert [words for words in cut_off.KILLED if words not in source] == []
    assert cut_off.STOPPED in source


def test_a_try_that_ends_with_an_error_is_tried_again_without_a_word(
    logs: Path, mailbox: list[EmailMessage]
) -> None:
    failure_mail.tell_of_cut_off(context(ValueError("no bands")))
    assert mailbox == []
    assert not any(logs.rglob("*.log"))
