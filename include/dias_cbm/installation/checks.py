"""Checks of an installation, in the order in which problems must be fixed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dias_cbm.config.names import variable
from dias_cbm.config.platforms import MADE, stem
from dias_cbm.config.report import without_secrets
from dias_cbm.config.settings import reading, settings
from dias_cbm.errors import CbmError, SettingsError
from dias_cbm.installation import airflow_names, connections, services
from dias_cbm.installation.airflow import check_airflow, mail_connection, slots_of_pools
from dias_cbm.installation.capacity import check_capacity
from dias_cbm.installation.findings import Finding, broken, ok, unknown, unused

if TYPE_CHECKING:
    from dias_cbm.catalogue.accounts import Account
    from dias_cbm.db.connection import Connection
    from dias_cbm.storage import Credentials

_DATABASE_PARTS = ("PostGIS", "schema", "parcels")
_CONNECT_S = 10


def examine(mail: connections.Connection | None = None) -> Iterator[Finding]:
    """Check every part of this installation, in the order in which problems must be fixed.

    :param mail: mail server to check instead of the connection ``cbm_smtp``.
    """
    try:
        read = reading()
    except SettingsError as error:
        yield broken("settings", str(error), "correct it; see docs/settings.md")
        return
    given = len(read.origins)
    yield ok("settings", f"{given} given, all others have their defaults")
    yield from check_database()
    for platform in read.settings.search_chain():
        yield check_catalogue(platform)
    for platform in _stores():
        yield check_store(platform)
    yield from check_engines()
    yield from check_folders()
    yield from check_airflow()
    yield from check_scale()
    yield check_mail(mail)


def database_url() -> str | None:
    """Address of the database: the setting, or a connection ``cbm_postgres`` in the environment."""
    if url := settings().database.url:
        return url
    found = connections.in_environment(airflow_names.POSTGRES)
    return None if found is None else connections.conninfo(found)


def check_database() -> Iterator[Finding]:
    """Whether the database answers, has PostGIS, is up to date, and holds parcels."""
    try:
        url = database_url()
        if not url:
            yield unused(
                "database",
                "no address; seasons need a database",
                f"set {variable('database.url')}",
            )
            return
        with _connect(url) as connection:
            yield ok("database", "answers")
            yield from _inside(connection)
    except CbmError as error:
        yield broken("database", str(error), f"correct {variable('database.url')}")
        yield from (unknown(part, "there is no database") for part in _DATABASE_PARTS)


def _connect(url: str) -> Connection:
    """Connect to the database.

    :raises SettingsError: it does not answer, or the address is invalid.
    """
    try:
        import psycopg

        from dias_cbm.db.connection import connect
    except ImportError:
        raise SettingsError("needs dias-cbm[database]", subject="database") from None
    connections.of_database(airflow_names.POSTGRES, url)
    try:
        return connect(url, application="cbm doctor", connect_timeout=_CONNECT_S)
    except psycopg.OperationalError as error:
        raise SettingsError(without_secrets(str(error).partition("\n")[0])) from error


def _inside(connection: Connection) -> Iterator[Finding]:
    from dias_cbm.db import migrations
    from dias_cbm.db.queries import query

    row = connection.execute(query("db/postgis_version")).fetchone()
    if row is None or row.installed is None:
        todo = "cbm db migrate" if row and row.available else "install PostGIS on the server"
        yield broken("PostGIS", "not installed in this database", todo)
    else:
        yield ok("PostGIS", row.installed)
    try:
        pending = migrations.state(connection).pending
    except CbmError as error:
        yield broken("schema", str(error), "use the version of cbm that migrated the database")
        return
    if pending:
        yield broken("schema", f"{len(pending)} migrations are pending", "cbm db migrate")
        yield unknown("parcels", "the schema is not up to date")
        return
    yield ok("schema", "up to date")
    found = connection.execute(query("db/status_seasons")).fetchall()
    loaded = [f"{row.name} {row.parcels:,}" for row in found if row.parcels]
    if loaded:
        yield ok("parcels", ", ".join(loaded))
    else:
        yield unused("parcels", "none loaded", "load a season's parcels: cbm parcels load --help")


def check_catalogue(platform: str) -> Finding:
    """Whether a platform's catalogue answers."""
    from contextlib import closing

    from dias_cbm.catalogue import open_catalogue
    from dias_cbm.catalogue.accounts import accounts_from

    what = f"catalogue of {platform}"
    try:
        with accounts_from(_account), closing(open_catalogue(platform)) as catalogue:
            return ok(what, services.press_catalogue(catalogue))
    except CbmError as error:
        todo = f"check {stem(platform)}CATALOGUE_URL, _USERNAME and _PASSWORD, or try later"
        return broken(what, without_secrets(str(error)), todo)


def check_store(platform: str) -> Finding:
    """Whether a platform's store answers, and accepts the credentials."""
    from dias_cbm.storage import credentials_from, open_store

    what = f"store of {platform}"
    try:
        with credentials_from(_credentials):
            return ok(what, services.press_store(open_store(platform)))
    except CbmError as error:
        todo = f"check {stem(platform)}STORE, _STORE_USER and _STORE_SECRET; see docs/stores.md"
        return broken(what, without_secrets(str(error)), todo)


def check_engines() -> Iterator[Finding]:
    """Whether the engines in the settings have what they need, and the indices exist."""
    from dias_cbm.card.engines.registry import PROBES, load
    from dias_cbm.extraction.indices import parse_indices

    now = settings()
    named = dict.fromkeys([*now.card.bs_engines, *now.card.c6_engines, *now.card.s2_engines])
    # The products of "ready" are read from the platform's store, which was checked before.
    for engine in (name for name in named if name != "ready"):
        try:
            found = load(PROBES[engine])()
        except ImportError as error:
            yield broken(f"engine {engine}", str(error), "install dias-cbm[card]")
            continue
        lacking = [one for one in found if one.needed and one.found is None]
        if lacking:
            detail = f"missing: {', '.join(one.what for one in lacking)}"
            yield broken(f"engine {engine}", detail, "; ".join(one.hint for one in lacking))
        else:
            yield ok(f"engine {engine}", "has what it needs")
    indices = (*now.extraction.s2_indices, *now.extraction.bs_indices)
    try:
        parse_indices(indices)
    except SettingsError as error:
        yield broken("indices", str(error), f"correct {variable('extraction.s2_indices')}")
    else:
        yield ok("indices", ", ".join(indices) or "none")


def check_folders() -> Iterator[Finding]:
    """Whether the folders for products are writable, and have enough free space."""
    from dias_cbm.card.made_store import work_folder

    now = settings()
    stores = [now.known(name).store for name in _stores()]
    if any(not store.startswith("files:") for store in stores):
        yield _folder("cache of products", now.store.cache_folder, variable("store.cache_folder"))
    if any(now.engines(card) != ("ready",) for card in ("bs", "c6", "s2")):
        store = now.known(MADE).store
        if store.startswith("files:"):
            made = store.removeprefix("files:")
            yield _folder("store of products made here", made, f"{stem(MADE)}STORE")
        else:
            yield check_store(MADE)
            folder = str(work_folder())
            yield _folder("folder to make products in", folder, variable("card.work_folder"))


def check_scale() -> Iterator[Finding]:
    """What this deployment can carry; nothing if the database does not answer."""
    try:
        url = database_url()
        if not url:
            yield check_capacity(None, slots_of_pools())
            return
        with _connect(url) as connection:
            yield check_capacity(connection, slots_of_pools())
    except CbmError:
        yield unknown("capacity", "there is no database")


def _folder(what: str, folder: str, name: str) -> Finding:
    path = Path(folder).expanduser().absolute()
    existing = next(one for one in (path, *path.parents) if one.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return broken(what, f"{existing} is not writable", f"see {name}")
    free, needed = shutil.disk_usage(existing).free / 1e9, settings().card.free_gb
    if free < needed:
        return broken(what, f"{path}: {free:.0f} GB free, {needed:.0f} needed", f"see {name}")
    return ok(what, f"{path}, {free:.0f} GB free")


def check_mail(connection: connections.Connection | None = None) -> Finding:
    """Whether the mail server answers.

    :param connection: instead of ``cbm_smtp`` in the environment or in Airflow.
    """
    to = settings().mail.to
    if not to:
        return unused("mail", "no addresses; nobody gets the gap mails", "set CBM_MAIL_TO")
    try:
        connection = connection or mail_connection()
        if connection is None:
            return unknown(
                "mail",
                "connection cbm_smtp is not in this environment",
                "press its test button in Airflow",
            )
        return ok("mail", f"{services.press_mail_server(connection)}; to {', '.join(to)}")
    except CbmError as error:
        return broken("mail", str(error), "correct the connection cbm_smtp")


def check_parcel_file(file: Path) -> Finding:
    """Whether a parcel file opens."""
    return _pressed("parcel file", lambda: services.press_parcel_file(file), "choose another file")


def _pressed(what: str, press: Callable[[], str], todo: str) -> Finding:
    try:
        return ok(what, press())
    except CbmError as error:
        return broken(what, str(error), todo)


def _stores() -> list[str]:
    now = settings()
    chains = [now.fetch_chain(platform) for platform in now.search_chain()]
    return list(dict.fromkeys(name for chain in chains for name in chain))


def _account(platform: str) -> Account | None:
    from dias_cbm.catalogue.accounts import Account

    conn_id = airflow_names.of_platform(airflow_names.DIAS_PREFIX, platform)
    found = connections.in_environment(conn_id)
    return None if found is None else Account(found.host, found.login, found.password)


def _credentials(platform: str) -> Credentials | None:
    from dias_cbm.storage import Credentials

    conn_id = airflow_names.of_platform(airflow_names.STORE_PREFIX, platform)
    found = connections.in_environment(conn_id)
    if found is None:
        return None
    token = str(found.extra.get("aws_session_token", ""))
    return Credentials(found.login, found.password, token)
