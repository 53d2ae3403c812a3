"""Which tasks of a failed run nobody was told of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dias_cbm.notices import alerts, failed_run
from dias_cbm.notices.failed_run import FailedRun

pytestmark = pytest.mark.integration

BEGAN = datetime.now(UTC) - timedelta(hours=1)
RUN = FailedRun("cbm_bs", "r%1", BEGAN, "extract/12/5", "http://a/log")


def told(connection: Any, key: str) -> None:
    alerts.record(connection, alerts.written(key, "subject", [("Task", key)]))


def test_whom_nobody_was_told_of(connection: Any) -> None:
    for key in (
        "cbm_bs/r%1/extract/0/5",
        "cbm_bs/r%1/extract/1/5",
        "cbm_bs/r%1/make_card/-1/5",
        "cbm_bs/r_1/extract/12/5",
        "cbm_bs/r%10/extract/12/5",
        "killed cbm_bs.extract 2026-11-30",
        "lost worker extract/12",
    ):
        told(connection, key)
    tasks = ["extract/0", "extract/12", "extract/2", "make_card/-1"]
    assert failed_run.untold(connection, RUN, tasks) == ["extract/12", "extract/2"]
    told(connection, "cbm_bs/r%1/extract/12/5")
    assert failed_run.untold(connection, RUN, tasks) == ["extract/2"]


def test_who_fails_again_after_it_was_cleared_is_told_again(connection: Any) -> None:
    told(connection, "cbm_bs/r%1/extract/12/5")
    # While other tasks of the run were still at work.
    again = replace(RUN, last="extract/12/10")
    assert failed_run.untold(connection, again, ["extract/12"]) == ["extract/12"]
    # After the run had failed.
    later = replace(RUN, began=datetime.now(UTC) + timedelta(minutes=1))
    assert failed_run.untold(connection, later, ["extract/12"]) == ["extract/12"]
    mails = [failed_run.compose(run, ["extract/12"]) for run in (RUN, later)]
    assert mails[0].message_id != mails[1].message_id


def test_the_mail_names_tasks_reason_and_what_to_do() -> None:
    one = failed_run.compose(RUN, ["extract/12"])
    assert one.subject == "[cbm] FAILED cbm_bs.extract [12], r%1"
    assert one.text.startswith("Task: cbm_bs.extract [12]\nRun: r%1\nReason: no error was recorded")
    assert one.text.endswith("Log: http://a/log\n")
    many = failed_run.compose(RUN, ["close_day/-1", *(f"extract/{n}" for n in range(30))])
    assert many.subject == "[cbm] FAILED cbm_bs, 31 tasks, r%1"
    assert many.text.startswith("Task: cbm_bs.close_day\nTask: cbm_bs.extract [0]\n")
    assert "Task: ... and 11 more\n" in many.text
