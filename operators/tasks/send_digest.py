"""The task that mails the digests of gaps."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from airflow.sdk import TriggerRule, task

if TYPE_CHECKING:
    from dias_cbm.notices.digest import Digest


@task(execution_timeout=timedelta(minutes=30), trigger_rule=TriggerRule.ALL_DONE)
def send_digest() -> dict[str, str]:
    """Refresh the gaps of every season, and mail the digest of each season that has news.

    Alerts that could not be sent when their tasks failed go first.

    :returns: by season, the subject of the mail sent, or why none was sent.
    """
    from dias_cbm.pipeline.digest import send_digests
    from dias_cbm_airflow.operators import failure_mail
    from dias_cbm_airflow.operators.connections import open_database

    with open_database("send_digest") as database:
        return send_digests(database, failure_mail.send, _send)


def _send(recipients: str, composed: Digest) -> dict[str, str]:
    from dias_cbm.notices.digest import PICTURE
    from dias_cbm_airflow.operators import mail

    return mail.send(
        recipients,
        composed.subject,
        composed.text,
        composed.html,
        message_id=composed.message_id,
        pictures={PICTURE: composed.picture} if composed.picture else {},
    )
