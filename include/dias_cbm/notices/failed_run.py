"""One mail about the failed tasks of a run of which nobody was told when they failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.notices.alerts import Alert, written

#: Most tasks that the mail lists; the rest is only counted.
MOST_TASKS = 20


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that has failed.

    :param dag: its DAG, e.g. ``cbm_bs``.
    :param began: when it was started, or started again after tasks were cleared; aware.
    :param last: its task that failed last, with its number and try, as in ``extract/3/5``.
    :param link: to the log of one of its failed tasks; empty if there is none.
    """

    dag: str
    run: str
    began: datetime
    last: str
    link: str = ""


def untold(connection: Connection, failed: FailedRun, tasks: Sequence[str]) -> list[str]:
    """Those of a run's failed tasks of which no mail was recorded since it began.

    :param tasks: each with its number, as in ``extract/3``; -1 if it is not mapped.
    """
    run = f"{failed.dag}/{failed.run}/"
    rows = connection.execute(
        query("notices/alerts_of_run"), {"run": run, "began": failed.began}
    ).fetchall()
    keys = {row.task.removeprefix(run) for row in rows}
    told = {_without_try(key) for key in keys}
    if failed.last not in keys:
        # An earlier try was told of, before somebody cleared it.
        told.discard(_without_try(failed.last))
    return [task for task in tasks if task not in told]


def compose(failed: FailedRun, tasks: Sequence[str]) -> Alert:
    """Write the mail.

    :param tasks: one or more, as for :func:`untold`.
    """
    names = [f"{failed.dag}.{title(task)}" for task in tasks]
    left_out = len(names) - MOST_TASKS
    about = names[0] if len(names) == 1 else f"{failed.dag}, {len(names)} tasks"
    lines = [
        *(("Task", name) for name in names[:MOST_TASKS]),
        *([("Task", f"... and {left_out} more")] if left_out > 0 else []),
        ("Run", failed.run),
        (
            "Reason",
            "no error was recorded: most likely the process was killed in its last try, for lack of"
            " memory, or crashed; or somebody marked the task as failed. The task's log says which",
        ),
        (
            "What to do",
            "If memory ran out on the worker, give it more, or let it run fewer tasks at a time."
            " Then clear the task: every task can safely run twice.",
        ),
        *([("Log", failed.link)] if failed.link else []),
    ]
    key = f"{failed.dag}/{failed.run}/{failed.began.isoformat()}"
    return written(key, f"[cbm] FAILED {about}, {failed.run}", lines)


def title(task: str) -> str:
    """The name of a task for people: ``extract [3]`` for ``extract/3``."""
    name, _, index = task.rpartition("/")
    return name if index == "-1" else f"{name} [{index}]"


def _without_try(key: str) -> str:
    return key.rpartition("/")[0]
