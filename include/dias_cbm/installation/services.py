"""Tests of services: a catalogue, a store, a mail server, a parcel file."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dias_cbm.errors import ObjectMissing, ServiceError
from dias_cbm.installation.connections import Connection

if TYPE_CHECKING:
    from dias_cbm.catalogue import Catalogue
    from dias_cbm.storage import Store

_MAIL_TIMEOUT_S = 10
_NOWHERE = "/eodata/is-this-connection-good"


def press_catalogue(catalogue: Catalogue) -> str:
    """Ask for an hour of acquisitions, which any working catalogue can answer.

    :returns: the result in words.
    :raises CatalogueError: there is no usable answer.
    """
    from dias_cbm.catalogue import Query
    from dias_cbm.scenes import Kind

    end = datetime.now(UTC) - timedelta(days=7)
    query = Query((Kind.S2_L1C,), None, end - timedelta(hours=1), end)
    next(iter(catalogue.search(query)), None)
    return f"the catalogue of {catalogue.platform} answers"


def press_store(store: Store) -> str:
    """Ask for an object that no store has; only valid credentials get the answer "not found".

    :returns: the result in words.
    :raises StoreError: it refuses, does not answer, or its folder is not mounted.
    """
    with suppress(ObjectMissing):
        store.list(_NOWHERE)
    return f"the store of {store.platform} answers"


def press_mail_server(connection: Connection) -> str:
    """Connect as Airflow does, log in where there is a login, and send nothing.

    :param connection: of the type ``smtp``; encrypted from the start unless its extra
        ``disable_ssl`` says otherwise, and then by STARTTLS unless ``disable_tls`` does.
    :returns: the result in words.
    :raises ServiceError: it does not answer, or refuses the login.
    """
    plain = _is_true(connection.extra.get("disable_ssl"))
    port = connection.port or (25 if plain else 465)
    place = f"{connection.host}:{port}"
    try:
        with _opened(connection.host, port, plain=plain) as server:
            if plain and not _is_true(connection.extra.get("disable_tls")):
                server.starttls(context=ssl.create_default_context())
            server.noop()
            if connection.login and connection.password:
                server.login(connection.login, connection.password)
    except smtplib.SMTPAuthenticationError:
        raise ServiceError("refuses the login", subject=place) from None
    except (OSError, smtplib.SMTPException) as error:
        raise ServiceError(f"does not answer: {error}", subject=place) from error
    return f"{place} answers"


def press_parcel_file(file: Path) -> str:
    """Open a parcel file.

    :returns: the number of its features and its columns, in words.
    :raises ParcelFileError: there is no such file, or it cannot be read.
    """
    from dias_cbm.parcel_files.opening import open_layer

    layer = open_layer(file)
    return f"{layer.features:,} features; columns {', '.join(layer.columns)}"


def _opened(host: str, port: int, *, plain: bool) -> smtplib.SMTP:
    if plain:
        return smtplib.SMTP(host, port, timeout=_MAIL_TIMEOUT_S)
    context = ssl.create_default_context()
    return smtplib.SMTP_SSL(host, port, timeout=_MAIL_TIMEOUT_S, context=context)


def _is_true(value: object) -> bool:
    return str(value).lower() in ("true", "1")
