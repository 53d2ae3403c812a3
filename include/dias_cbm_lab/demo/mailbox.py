"""A mailbox for the demo: receives every mail by SMTP and keeps it as a file; forwards nothing.

Run as ``python -m dias_cbm_lab.demo.mailbox --folder FOLDER --port PORT``.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import logging
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mail:
    """One received mail."""

    file: Path
    subject: str
    to: str
    text: str
    message_id: str = ""


class Mailbox:
    """The aiosmtpd handler that writes each mail to ``FOLDER/TIME.eml``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail; the name is aiosmtpd's."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        file = self._folder / f"{time.time_ns()}.eml"
        temporary = file.with_suffix(".new")
        temporary.write_bytes(raw)
        temporary.rename(file)
        log.info("kept %s from %s to %s", file.name, envelope.mail_from, envelope.rcpt_tos)
        return "250 kept"


def received(folder: Path) -> list[Mail]:
    """The mails of a mailbox, oldest first."""
    return [_parse(file) for file in sorted(folder.glob("*.eml"))]


def _parse(file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    text = "" if body is None else str(body.get_content())
    names = ("subject", "to", "message-id")
    subject, to, message_id = (str(message[name] or "").strip() for name in names)
    return Mail(file, subject, to, text, message_id)


async def serve(folder: Path, host: str, port: int) -> None:
    """Receive mail until the process is told to end."""
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    mailbox = Mailbox(folder)
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="localhost", loop=loop), host, port
    )
    async with server:
        log.info("listening on %s:%d", host, port)
        await end.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    asyncio.run(serve(arguments.folder, arguments.host, arguments.port))


if __name__ == "__main__":
    main()
