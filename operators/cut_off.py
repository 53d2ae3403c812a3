"""A try that was cut off, without an error of its own: how it ended, and what its log says of it.

Airflow sends a task's log to the object store when the task ends. Of a try that was cut off with
its worker there is nothing; this writes a sentence in its place, so that its page does not only
tell of a host that cannot be found. Where workers and dag-processor share a folder of logs, the
sentence follows what the try has written.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from dias_cbm.notices.cut_off import End
from dias_cbm_airflow.operators.in_time import in_time

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

#: What Airflow's supervisor, which outlives the process of a try, writes last into its log: of one
#: that was killed, that crashed, or that ended early; and of one that it was told to end.
KILLED = ("Process terminated by signal", "Received SIGSEGV", "Process exited abnormally")
STOPPED = "Server indicated the task shouldn't be running anymore"
#: Of a log in a folder the end is read.
_END_BYTES = 64 << 10
_STORE = "object store"
#: Seconds for another host to answer in.
_READ_S = 4.0
_SEND_S = 15.0


def is_cut_off(context: Context) -> bool:
    """Whether a callback is about a try that was cut off, not one that ended with an error.

    Airflow then calls it in the dag-processor, and knows of no error.
    """
    return context.get("exception") is None


def end_of(context: Context) -> End:
    """How a try was cut off, as far as its log tells.

    The worker has the log until it is in the object store, so it is asked first.
    """
    if not (worker := worker_of(context)):
        return End.NOT_BEGUN
    for place, read in (("folder", _in_folder), (worker, _at_worker), (_STORE, _in_store)):
        try:
            text = in_time(place, _READ_S, partial(read, context))
        except Exception as error:
            log.warning("the log of the try could not be read (%s): %s", place, error)
            continue
        if STOPPED in text:
            return End.STOPPED if _is_cleared(context, text) else End.LOST
        if any(words in text for words in KILLED):
            return End.KILLED
    return End.LOST


def worker_of(context: Context) -> str:
    """The name of the worker that ran the try; empty if none had begun it."""
    return str(getattr(context["ti"], "hostname", None) or "")


def patience_s() -> int:
    """Seconds without a sign of life after which a try counts as lost."""
    from airflow.configuration import conf

    return int(conf.getint("scheduler", "task_instance_heartbeat_timeout"))


def sentence(context: Context, end: End) -> str:
    """What the log of such a try says."""
    worker = worker_of(context)
    goes_on = " What it had committed stays; the next try does the rest, and nothing twice."
    if end is End.NOT_BEGUN:
        return "This try did not begin: no worker had reported that it has it."
    if end is End.STOPPED:
        return "This try was stopped by hand. What it had committed stays."
    if end is End.KILLED:
        return f"This try was cut off: its process on {worker} was killed, or crashed.{goes_on}"
    return (
        f"This try was cut off: its worker ({worker}) was lost: it ended, or gave no sign of life"
        f" for {patience_s()} s. What the try had not sent of its log went with it.{goes_on}"
    )


def note(context: Context, end: End) -> None:
    """Write the sentence into the try's log, and send it to the object store if there is one.

    A log that cannot be written is only warned of: the mail and the next try do not depend on it.
    """
    try:
        file = _file(context)
        file.parent.mkdir(parents=True, exist_ok=True)
        _append(file, sentence(context, end))
        in_time(_STORE, _SEND_S, partial(_send, file, context))
    except Exception as error:
        log.warning("the log of the try could not be written: %s", error)


def _folder() -> Path:
    from airflow.configuration import conf

    return Path(conf.get_mandatory_value("logging", "base_log_folder")).expanduser()


def _file(context: Context) -> Path:
    """The try's log below the folder of logs."""
    from airflow.configuration import conf
    from jinja2 import Template

    instance: Any = context["ti"]
    template = Template(conf.get_mandatory_value("logging", "log_filename_template"))
    return _folder() / template.render(ti=instance, try_number=instance.try_number)


def _in_folder(context: Context) -> str:
    """The end of the try's log in the folder of logs; empty if it is not there."""
    file = _file(context)
    if not file.is_file():
        return ""
    with file.open("rb") as source:
        source.seek(max(file.stat().st_size - _END_BYTES, 0))
        return source.read().decode(errors="replace")


def _at_worker(context: Context) -> str:
    """The end of what the worker that ran the try has of its log, asked as Airflow's pages do."""
    from airflow.configuration import conf

    # Airflow has no public name for it.
    from airflow.utils.log.file_task_handler import _fetch_logs_from_service

    port = conf.getint("logging", "worker_log_server_port")
    name = _file(context).relative_to(_folder()).as_posix()
    with _fetch_logs_from_service(f"http://{worker_of(context)}:{port}/log/{name}", name) as reply:
        if reply.status_code == HTTPStatus.NOT_FOUND:
            return ""
        reply.raise_for_status()
        parts = deque(reply.iter_content(_END_BYTES), maxlen=2)
    return b"".join(parts).decode(errors="replace")


def _in_store(context: Context) -> str:
    """What the object store has of the try's log; empty if there is no store."""
    from airflow.sdk.log import load_remote_log_handler

    handler: Any = load_remote_log_handler()
    if handler is None:
        return ""
    name = _file(context).relative_to(_folder()).as_posix()
    _, stored = handler.read(name, context["ti"])
    return "\n".join(map(str, stored or []))


def _is_cleared(context: Context, text: str) -> bool:
    """Whether a try was told to end since a person had cleared it.

    A worker that comes back after Airflow has missed it is told so too. When a task is cleared, it
    gets a new id, which tells when (UUID 7), and the try is told within moments. Otherwise its id
    is older than the try, and the try is told at the earliest when Airflow has lost patience.
    """
    try:
        line = next(line for line in reversed(text.splitlines()) if STOPPED in line)
        told = datetime.fromisoformat(json.loads(line)["timestamp"])
        made = datetime.fromtimestamp((UUID(str(context["ti"].id)).int >> 80) / 1000, UTC)
        return told - made < timedelta(seconds=patience_s())
    except (ValueError, KeyError, TypeError) as error:
        log.warning("the log does not say when the try was told to end: %s", error)
        return False


def _append(file: Path, text: str) -> None:
    line = {
        "timestamp": datetime.now(UTC).isoformat(),
        "level": "error",
        "logger": "dias_cbm",
        "event": text,
    }
    with file.open("a", encoding="utf-8") as target:
        target.write(json.dumps(line) + "\n")


def _send(file: Path, context: Context) -> None:
    from airflow.sdk.log import load_remote_log_handler

    handler: Any = load_remote_log_handler()
    if handler is None:
        return
    # It would delete the whole folder, in which the next try may write already.
    handler.delete_local_copy = False
    handler.upload(file, context["ti"])
    if file.exists() and not file.stat().st_size:
        file.unlink()
