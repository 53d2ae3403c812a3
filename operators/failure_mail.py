"""Mails about a task that has used up its retries, and about tries that were cut off."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from dias_cbm_airflow.operators.in_time import in_time

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dias_cbm.db.connection import Connection
    from dias_cbm.notices.alerts import Alert, Failure
    from dias_cbm.notices.cut_off import CutOff, End

log = logging.getLogger(__name__)

_SERVER = "mail server"
#: Seconds for the mail server to take what waits; what it has not taken goes with the next mail.
_SEND_S = 15.0
_CATALOGUE = (
    "The catalogue did not answer in any of the tries. Check that the platform is up, then clear"
    " the task. A SchemaChanged error is a defect: report it with this mail."
)
_DATABASE = "Check that the database is up and its disk is not full, then clear the task."
_RULES = (
    "The verdicts of the last run stay valid. Correct the rule file, which the setting `rules.file`"
    " names (`cbm rules check FILE` tells every fault), then clear the task."
)
_ADVICE: Mapping[str, str] = {
    "await_acquisitions": _CATALOGUE,
    "recheck_gaps": _CATALOGUE,
    "make_card": "Check that the store is mounted or answers, and that the disk of the product"
    " folder (`store.cache_folder`) is not full; then clear the task.",
    "plan_extraction": _DATABASE,
    "extract": _DATABASE,
    "five_day_means": _DATABASE,
    "close_day": _DATABASE,
    "send_digest": "Check that the mail server of connection `cbm_smtp` answers, then clear the"
    " task; mails that were sent are not sent again.",
    "find_outliers": "If it ran out of memory, give the worker more, or judge one season at a time;"
    " then clear the task.",
    "seasons_to_judge": _RULES,
    "run_rules": _RULES,
    "load_parcels": "Nothing was loaded. Correct the file or the Params, then start a new run.",
}
_OTHERWISE = "Fix the cause, then clear the task: every task can safely run twice."


def send_failure_mail(context: Context) -> None:
    """Mail the operator that a task has used up its retries; an ``on_failure_callback``."""
    from dias_cbm.notices import alerts
    from dias_cbm_airflow.operators import cut_off

    end = cut_off.end_of(context) if cut_off.is_cut_off(context) else None
    failure = _failure(context, end)

    def compose(connection: Connection | None) -> Alert:
        return alerts.compose(
            failure, alerts.describe(connection, failure.scenes) if connection else ()
        )

    try:
        record_and_send(compose)
    finally:
        if end is not None:
            cut_off.note(context, end)


def tell_of_cut_off(context: Context) -> None:
    """Say by mail and in a try's log that it was cut off; an ``on_retry_callback``.

    A try that ends with an error is tried again without a word: its log has the error. So is one
    that a person cleared while it ran.
    """
    from dias_cbm.notices.cut_off import End, compose
    from dias_cbm_airflow.operators import cut_off

    if not cut_off.is_cut_off(context) or (end := cut_off.end_of(context)) is End.STOPPED:
        return
    try:
        record_and_send(lambda _: compose(_cut_off(context, end)))
    finally:
        cut_off.note(context, end)


def record_and_send(compose: Callable[[Connection | None], Alert | None]) -> None:
    """Send a mail, with all that wait.

    While the mail server is down, the mail waits in the database and goes out with the next mail.

    :param compose: writes the mail, or gives None if there is nothing to tell; is given no
        connection while the database is down.
    """
    import psycopg

    from dias_cbm.config.settings import settings
    from dias_cbm.errors import SettingsError
    from dias_cbm.notices import alerts
    from dias_cbm_airflow.operators.connections import open_database

    if not settings().mail.to:
        log.warning("no mail about what has failed: the setting mail.to is empty")
        return
    try:
        connection = open_database("alert")
        if (alert := compose(connection)) is None:
            connection.close()
            return
        alerts.record(connection, alert)
    except (psycopg.Error, SettingsError) as error:
        # If the database itself has failed, the alert cannot wait there.
        log.warning("the alert could not be recorded: %s", error)
        if (unrecorded := compose(None)) is not None:
            in_time(_SERVER, _SEND_S, partial(send, unrecorded))
        return
    with connection:
        in_time(_SERVER, _SEND_S, partial(alerts.deliver, connection, send))


def send(alert: Alert) -> dict[str, str]:
    """Send one alert.

    :returns: the recipients that were refused, if others were not.

    :raises OSError: the mail server is down, or does not accept it.
    """
    from dias_cbm.config.settings import settings
    from dias_cbm_airflow.operators import mail

    to = ", ".join(settings().mail.to)
    return mail.send(to, alert.subject, alert.text, alert.html, message_id=alert.message_id)


def _cut_off(context: Context, end: End) -> CutOff:
    from dias_cbm.notices.cut_off import CutOff
    from dias_cbm_airflow.operators import cut_off

    instance: Any = context["ti"]
    return CutOff(
        end=end,
        worker=cut_off.worker_of(context),
        task=f"{instance.dag_id}.{instance.task_id}",
        title=_title(instance),
        run=str(context["run_id"]),
        number=instance.try_number,
        silent_s=cut_off.patience_s(),
        day=datetime.now(UTC).date(),
        link=str(getattr(instance, "log_url", None) or ""),
    )


def _key(context: Context) -> str:
    instance: Any = context["ti"]
    of_run = f"{instance.dag_id}/{context['run_id']}/{instance.task_id}"
    return f"{of_run}/{instance.map_index}/{instance.try_number}"


def _title(instance: Any) -> str:
    name, index = f"{instance.dag_id}.{instance.task_id}", instance.map_index
    return name + (f" [{index}]" if index >= 0 else "")


def _failure(context: Context, end: End | None) -> Failure:
    from dias_cbm.notices.alerts import Failure
    from dias_cbm.notices.cut_off import REASON

    instance: Any = context["ti"]
    error = context.get("exception")
    words = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    return Failure(
        task=_key(context),
        title=_title(instance),
        run=str(context["run_id"]),
        tries=instance.try_number,
        error=words or (REASON[end] if end else ""),
        advice=_ADVICE.get(instance.task_id, _OTHERWISE),
        scenes=_scenes(getattr(instance, "task", None)),
        link=str(getattr(instance, "log_url", None) or ""),
    )


def _scenes(task: Any) -> list[int]:
    """The scenes given to a task; none if it died before they were resolved."""
    given = getattr(task, "op_kwargs", None) or {"scenes": getattr(task, "scenes", None)}
    if not isinstance(given, Mapping):
        return []
    units, scenes = given.get("units"), given.get("scenes")
    if isinstance(units, list):
        return sorted({int(obsid) for _, obsid, _ in units})
    return [scene for scene in scenes if isinstance(scene, int)] if isinstance(scenes, list) else []
