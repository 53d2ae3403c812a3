"""The mail that says that a task has failed for good."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from operators import names

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

_SUBJECT = "[cbm] FAILED {{ ti.dag_id }}.{{ ti.task_id }}, {{ run_id }}"
_BODY = """\
<p><b>{{ ti.dag_id }}.{{ ti.task_id }}{{ " [%d]" % ti.map_index if ti.map_index >= 0 }}</b>
failed for good in run {{ run_id }}, at try {{ ti.try_number }}.</p>
<pre>{{ exception | string | e }}</pre>
<p>What to do is in the DAG's own documentation, under "When it fails".
{% if ti.log_url %}<a href="{{ ti.log_url | e }}">Log of the task</a>{% endif %}</p>
"""


def send_failure_mail(context: Context) -> None:
    """Tell the operator that a task has used up its retries; an ``on_failure_callback``.

    A notifier keeps what it has rendered, so each mail gets a notifier of its own.
    """
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    from cbm.settings import settings

    recipients = settings().mail_to
    if not recipients:
        log.warning("no mail about this failure: the setting mail_to is empty")
        return
    notifier = SmtpNotifier(
        to=recipients, subject=_SUBJECT, html_content=_BODY, smtp_conn_id=names.SMTP
    )
    notifier(context)
