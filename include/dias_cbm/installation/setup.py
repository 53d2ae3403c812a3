"""Setting up an installation: settings file, schema, Airflow's pools and connections."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dias_cbm.backfill.airflow_api import open_airflow
from dias_cbm.config.names import variable
from dias_cbm.config.platforms import stem
from dias_cbm.config.reference import toml_file
from dias_cbm.config.settings import settings
from dias_cbm.errors import CbmError, ServiceError, SettingsError
from dias_cbm.installation import airflow
from dias_cbm.installation.airflow_names import POSTGRES, SMTP
from dias_cbm.installation.connections import Connection, of_database
from dias_cbm.storage.address import read_address
from dias_cbm.whole_file import whole_file

_INTRODUCTION = """\
Settings of this installation, written by `cbm init`; commented settings have their defaults.
The environment overrides this file. Secrets do not belong here: set them in the environment or
as Airflow connections. `cbm settings show` lists what is in force, `cbm doctor` checks it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The user's choices for an installation.

    :param store: address of the platform's store, e.g. ``files:/eodata``.
    :param database_url: with its password, if it has one; it is then not written to the file.
    :param mail_to: addresses that get the digest.
    :param mail_server: ``HOST`` or ``HOST:PORT``.
    :param parcels: a parcel file to check.
    """

    platform: str
    store: str
    database_url: str | None = field(default=None, repr=False)
    mail_to: tuple[str, ...] = ()
    mail_server: str | None = None
    mail_from: str | None = None
    airflow_url: str | None = None
    parcels: Path | None = None

    def check(self) -> None:
        """Check that the answers are valid.

        :raises SettingsError: an unknown platform, or an invalid address; the message names it.
        """
        settings().known(self.platform)
        if not self.store.startswith("files:"):
            read_address(self.store, "store")
        if self.database_url:
            of_database(POSTGRES, self.database_url)
        _server(self.mail_server)

    @property
    def has_password(self) -> bool:
        """Whether the address of the database contains a password."""
        url = self.database_url
        return bool(url and of_database(POSTGRES, url).password)

    def settings(self) -> dict[str, Any]:
        """The settings to write to the file, by name, without secrets."""
        chosen = {
            "platform": self.platform,
            f"platforms.{self.platform}.store": self.store,
            "database.url": None if self.has_password else self.database_url,
            "mail.to": self.mail_to,
            "airflow.url": self.airflow_url,
        }
        return {name: value for name, value in chosen.items() if value}

    def connections(self) -> list[Connection]:
        """The connections that Airflow needs."""
        wanted = []
        if self.database_url:
            wanted.append(of_database(POSTGRES, self.database_url))
        if mail := self.mail():
            wanted.append(mail)
        return wanted

    def mail(self) -> Connection | None:
        """The mail server; None if none was named."""
        if not self.mail_server:
            return None
        host, port = _server(self.mail_server)
        # By convention the port decides whether mail is encrypted.
        extra: dict[str, Any] = {"disable_ssl": port != 465, "disable_tls": port not in (465, 587)}
        if sender := self.mail_from or next(iter(self.mail_to), None):
            extra["from_email"] = sender
        return Connection(SMTP, "smtp", host, port, extra=extra)


def write_file(file: Path, answers: Answers, *, force: bool = False) -> None:
    """Write the settings file, whole or not at all.

    :param force: overwrite an existing file.
    :raises SettingsError: the file exists.
    :raises OutputError: it cannot be written.
    """
    if file.exists() and not force:
        raise SettingsError(
            "exists already",
            subject=file,
            hint="cbm doctor checks it; --force overwrites it",
        )
    text = toml_file(_INTRODUCTION, answers.settings(), [answers.platform])
    with whole_file(file) as aside:
        aside.write_text(text, encoding="utf-8")


def use(file: Path, answers: Answers) -> None:
    """Make the rest of this process use the new settings."""
    os.environ[variable("config")] = str(file)
    if answers.database_url:
        os.environ[variable("database.url")] = answers.database_url


def migrate() -> list[str]:
    """Migrate the schema to this version.

    :returns: what was done, one line.
    :raises SettingsError: there is no database, or it does not answer.
    :raises DatabaseError: the database was not made by this product.
    """
    import psycopg

    from dias_cbm.db import migrations
    from dias_cbm.db.connection import connect

    try:
        with connect(application="cbm init", connect_timeout=10) as connection:
            applied = migrations.migrate(connection)
    except psycopg.Error as error:
        first_line = str(error).partition("\n")[0]
        raise SettingsError(f"schema not created: {first_line}", subject="database") from error
    return [f"schema: {len(applied)} migrations applied" if applied else "schema: up to date"]


def set_up_airflow(answers: Answers) -> tuple[list[str], list[str]]:
    """Create Airflow's pools and connections.

    :returns: what was done; and, if Airflow cannot be reached from here, the commands to type
        where it runs.
    """
    wanted = answers.connections()
    if not answers.airflow_url:
        return [], airflow.commands(wanted)
    try:
        with open_airflow() as api:
            if not api.health():
                raise ServiceError("does not answer", subject=answers.airflow_url)
            return airflow.set_up(api, wanted), []
    except CbmError as error:
        return [f"Airflow was not set up: {error}"], airflow.commands(wanted)


def secrets_left(answers: Answers) -> Iterator[str]:
    """Where to put the secrets that are not in the file, one line each."""
    if answers.has_password:
        name = variable("database.url")
        yield f"set {name} where cbm runs: it contains a password, so it is not in the file"
    if not answers.store.startswith("files:"):
        start = stem(answers.platform)
        own = settings().known(answers.platform)
        if not own.store_user:
            yield f"set {start}STORE_USER and {start}STORE_SECRET, or connection cbm_store_..."


def _server(text: str | None) -> tuple[str, int]:
    """Host and port of a mail server; 25 without a port.

    :raises SettingsError: it is neither.
    """
    host, _, port = (text or "localhost").rpartition(":")
    if not host:
        host, port = port, "25"
    if not port.isdecimal():
        raise SettingsError("not HOST:PORT", subject=text, hint="mail.agency.example:25")
    return host, int(port)
