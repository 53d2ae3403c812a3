"""Mails about tries of tasks that were cut off and are tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dias_cbm.notices.alerts import Alert, written


class End(StrEnum):
    """How a try was cut off.

    ``lost``: with its worker. ``killed``: its process alone, or that crashed. ``stopped``: by a
    person, who cleared it while it ran. ``not begun``: no worker has reported that it had it.
    """

    LOST = "lost"
    KILLED = "killed"
    STOPPED = "stopped"
    NOT_BEGUN = "not begun"


#: In place of an error, for a try that has none.
REASON: Mapping[End, str] = {
    End.LOST: "its worker was lost: its host or its process is down, or its link is cut",
    End.KILLED: "its process was killed, most likely for lack of memory, or crashed; see the log",
    End.STOPPED: "it was stopped by hand",
    End.NOT_BEGUN: "no worker began it: it waited too long in the queue, or its pod did not start",
}
_AGAIN = "What was committed stays, and nothing is written twice."


@dataclass(frozen=True, slots=True)
class CutOff:
    """A try that was cut off, the first that tells of it.

    :param worker: that ran it; empty if none had begun it.
    :param task: DAG and task, e.g. ``cbm_bs.extract``.
    :param title: the same for people, with its number where a task is mapped.
    :param number: of the try.
    :param silent_s: seconds without a sign of life after which a worker counts as lost.
    :param day: on which it was noticed.
    """

    end: End
    worker: str
    task: str
    title: str
    run: str
    number: int
    silent_s: int
    day: date
    link: str = ""

    @property
    def key(self) -> str:
        """What one mail is about: all tries of a lost worker on one day, or all of a task."""
        subject = self.worker if self.end is End.LOST else self.task
        return f"{self.end} {subject} {self.day}"


def compose(cut: CutOff) -> Alert:
    """Write the mail about a try that was cut off."""
    try_ = f"{cut.title}, try {cut.number}, run {cut.run}"
    link = [("Log", cut.link)] if cut.link else []
    if cut.end is End.LOST:
        reason = f"{REASON[End.LOST]}; noticed at the latest after {cut.silent_s} s"
        lines = [
            ("Worker", cut.worker),
            ("Noticed by", try_),
            ("Reason", reason),
            (
                "What happens now",
                f"Each of its tasks is tried again by another worker. {_AGAIN} The logs of the"
                " tries that were cut off say so.",
            ),
            ("What to do", "Nothing for the data. See whether the host is up and reached."),
        ]
        subject = f"LOST worker {cut.worker}: its tasks are tried again"
        return written(cut.key, f"[cbm] {subject}", lines + link)
    if cut.end is End.KILLED:
        todo = (
            "See in the log how it ended. If memory ran out on the worker, give it more, or let it"
            " run fewer tasks at a time. If its last try is killed too, its run fails, and that is"
            " mailed."
        )
    else:
        todo = "See whether workers are up, and whether the queue is longer than they can serve."
    lines = [
        ("Task", try_),
        *([("Worker", cut.worker)] if cut.worker else []),
        ("Reason", REASON[cut.end]),
        ("What happens now", f"It is tried again. {_AGAIN}"),
        ("What to do", todo),
    ]
    return written(cut.key, f"[cbm] {cut.end.upper()} {cut.task}: it is tried again", lines + link)
