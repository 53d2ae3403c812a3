"""A private Airflow for the tests of one process: home, SQLite database, connections, mailbox.

Imported by the conftest of every folder whose tests need Airflow, so that the environment is set
before the first of them imports it; Airflow reads it once.
"""

from __future__ import annotations

import atexit
import email
import email.policy
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(tempfile.mkdtemp(prefix="cbm-airflow-test-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

for _name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
}


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """Airflow's own tables."""
    from airflow.utils import db

    db.initdb()


@pytest.fixture(scope="session")
def dagbag() -> Any:
    """All DAGs of this system, as Airflow reads them."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(ROOT / "dags"))


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EmailMessage]]:
    """The mails that arrive at the connection ``cbm_smtp``."""
    from aiosmtpd.controller import Controller

    mails: list[EmailMessage] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            return "250 OK"

    controller = Controller(Handler(), hostname="127.0.0.1", port=0)
    # The controller asks a port of 0 whether it is up; give it a free one.
    controller.port = free_port()
    controller.start()
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": controller.port,
        "extra": {
            "disable_ssl": True,
            "disable_tls": True,
            "from_email": "cbm@example.org",
            "retry_limit": 0,
        },
    }
    monkeypatch.setenv("AIRFLOW_CONN_CBM_SMTP", json.dumps(connection))
    monkeypatch.setenv("CBM_MAIL_TO", "operator@example.org")
    yield mails
    controller.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
