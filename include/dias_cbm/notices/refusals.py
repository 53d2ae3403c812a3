"""Refusals of the mail server: mails set aside, and recipients that get none."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query

# Anything else, such as a lost connection or a refused login, is about the server, not the mail.
_OF_THE_MAIL = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class SetAside:
    """An alert that the mail server refused too often."""

    task: str
    subject: str
    attempts: int
    error: str

    @property
    def item(self) -> str:
        """Key of this fact in the record of mailed facts."""
        return f"set aside {self.task}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A recipient that the mail server refuses.

    :param since: of the first refusal; aware UTC.
    """

    recipient: str
    error: str
    since: datetime

    @property
    def item(self) -> str:
        """Key of this fact in the record of mailed facts."""
        return f"refused {self.recipient} {self.since:%Y-%m-%d}"


def is_of_the_mail(error: Exception) -> bool:
    """Whether the mail itself was refused, so that others may still be accepted."""
    return isinstance(error, _OF_THE_MAIL)


def record(connection: Connection, refused: Mapping[str, str]) -> None:
    """Record the recipients that were refused while others were accepted; does not commit."""
    for recipient, error in refused.items():
        values = {"recipient": recipient, "error": error}
        connection.execute(query("notices/recipient_refused"), values)


def alerts(connection: Connection) -> list[SetAside]:
    """The alerts that were set aside, the oldest first."""
    rows = connection.execute(query("notices/alerts_set_aside")).fetchall()
    return [SetAside(**row._asdict()) for row in rows]


def recipients(connection: Connection) -> list[Refused]:
    """The recipients that were refused, by address."""
    rows = connection.execute(query("notices/recipients_refused")).fetchall()
    return [Refused(**row._asdict()) for row in rows]
