"""A try whose worker was lost: what its log says of it.

Airflow sends a task's log to the object store when the task ends. Of a try that was cut off with
its worker there is nothing; this writes a sentence in its place, so that its page does not only
tell of a host that cannot be found. Where workers and dag-processor share a folder of logs, the
sentence follows what the try has written.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)


def is_lost(context: Context) -> bool:
    """Whether a callback is about a try that was lost, not one that ended with an error.

    Airflow then calls it in the dag-processor, and knows of no error.
    """
    return context.get("exception") is None


def worker_of(context: Context) -> str:
    """The name of the worker that ran the try; empty if it is not known."""
    return str(getattr(context["ti"], "hostname", None) or "")


def patience_s() -> int:
    """Seconds without a sign of life after which a try counts as lost."""
    from airflow.configuration import conf

    return int(conf.getint("scheduler", "task_instance_heartbeat_timeout"))


def sentence(context: Context) -> str:
    """What the log of a lost try says."""
    worker = worker_of(context) or "unknown"
    return (
        f"This try was cut off: its worker ({worker}) was lost, it gave no sign of life for"
        f" {patience_s()} s. What the try had not sent of its log went with the worker. What it had"
        " committed stays; the next try does the rest, and nothing twice."
    )


def note(context: Context) -> None:
    """Write the sentence into the try's log, and send it to the object store if there is one.

    A log that cannot be written is only warned of: the mail and the next try do not depend on it.
    """
    try:
        file = _file(context)
        file.parent.mkdir(parents=True, exist_ok=True)
        _append(file, sentence(context))
        _send(file, context)
    except Exception as error:
        log.warning("the log of the lost try could not be written: %s", error)


def _file(context: Context) -> Path:
    """The try's log below the folder of logs."""
    from airflow.configuration import conf
    from jinja2 import Template

    instance: Any = context["ti"]
    template = Template(conf.get_mandatory_value("logging", "log_filename_template"))
    name = template.render(ti=instance, try_number=instance.try_number)
    return Path(conf.get_mandatory_value("logging", "base_log_folder")).expanduser() / name


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
