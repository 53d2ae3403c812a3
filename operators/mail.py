"""A mail with a plain and an HTML form, through the Airflow connection ``cbm_smtp``."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, cast

from dias_cbm_airflow.operators import names

if TYPE_CHECKING:
    import smtplib


def send(
    to: str,
    subject: str,
    text: str,
    html: str,
    *,
    message_id: str,
    pictures: Mapping[str, bytes] | None = None,
    conn_id: str = names.SMTP,
) -> dict[str, str]:
    """Send one mail, once.

    Airflow's hook only opens the connection: the provider's one public method to send a mail,
    ``send_email_smtp``, writes HTML without a plain form and without inline pictures.

    :param to: addresses, comma separated.
    :param pictures: Content-ID -> PNG that the HTML form shows as ``cid:``.
    :param message_id: lets mail systems recognise a copy of the same mail.
    :returns: recipient -> what the mail server said, if it refused some and accepted others.
    :raises AirflowNotFoundException: there is no such connection.
    :raises smtplib.SMTPException: the mail server does not accept it.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    with SmtpHook(smtp_conn_id=conn_id) as hook:
        message = EmailMessage()
        # A line break would end the header.
        message["Subject"] = " ".join(subject.split())
        message["From"] = hook.from_email or hook.smtp_user
        message["To"] = to
        message["Date"] = formatdate()
        message["Message-ID"] = message_id
        message.set_content(text)
        message.add_alternative(html, subtype="html")
        for name, png in (pictures or {}).items():
            file = f"{name.partition('@')[0]}.png"
            cast("EmailMessage", message.get_body(("html", "related"))).add_related(
                png, "image", "png", cid=f"<{name}>", disposition="inline", filename=file
            )
        # The provider has no public name for its client.
        client = cast("smtplib.SMTP", hook._smtp_client)
        refused = client.send_message(message)
    return {
        recipient: f"{code} {said.decode(errors='replace')}"
        for recipient, (code, said) in refused.items()
    }
