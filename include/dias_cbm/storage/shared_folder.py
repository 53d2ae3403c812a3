"""The folder of the products made here, where several machines share it: proof that it is the one.

At its first use a marker is written into it, a file with an id that the database keeps. A machine
on which the folder has no marker, or another one, sees another folder.
"""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from pathlib import Path

from dias_cbm.config.platforms import MADE, stem
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import FolderNotShared
from dias_cbm.storage.base import Store
from dias_cbm.storage.files import FileStore

#: Name of the marker's file.
MARKER = ".cbm-store"


def check_shared(connection: Connection, store: Store) -> None:
    """Check that a folder of products made here is the one that all machines use; commits.

    The first to use it marks it. An object store is everybody's, and passes.

    :param store: of the platform ``made``.
    :raises FolderNotShared: it is another folder, or cannot be used.
    """
    if not isinstance(store, FileStore):
        return
    recorded = _recorded(connection)
    try:
        found = _read(store.root)
        if recorded is None:
            # The file comes first: killed in between, the next one to come records it.
            found = found or _mark(store.root)
            recorded = _record(connection, found)
    except OSError as error:
        raise FolderNotShared(
            f"cannot be used: {error.strerror or error}", subject=store.root, hint=_setting()
        ) from error
    if found != recorded:
        raise FolderNotShared(
            "is not the folder in which the other machines keep the products made here, whose"
            f" file {MARKER} holds {recorded}",
            subject=store.root,
            hint=f"mount that folder here, or name an object store in {_setting()}",
        )


def _recorded(connection: Connection) -> uuid.UUID | None:
    row = connection.execute(query("storage/shared_folder"), {"name": MADE}).fetchone()
    connection.commit()
    return None if row is None else row.marker


def _record(connection: Connection, marker: uuid.UUID) -> uuid.UUID | None:
    values = {"name": MADE, "marker": marker, "by": socket.gethostname()}
    connection.execute(query("storage/shared_folder_mark"), values)
    return _recorded(connection)


def _read(folder: Path) -> uuid.UUID | None:
    """The marker of a folder; None without one."""
    with suppress(FileNotFoundError, ValueError):
        return uuid.UUID((folder / MARKER).read_text()[:64].strip())
    return None


def _mark(folder: Path) -> uuid.UUID:
    """Mark a folder, unless another process does so at the same time; the marker that counts."""
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{MARKER}.{uuid.uuid4().hex}"
    try:
        with own.open("w") as file:
            file.write(f"{uuid.uuid4()}\n")
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, does not replace the marker of another.
        with suppress(FileExistsError):
            os.link(own, folder / MARKER)
    finally:
        own.unlink(missing_ok=True)
    marker = _read(folder)
    if marker is None:
        raise OSError(f"its file {MARKER} holds no id")
    return marker


def _setting() -> str:
    return f"{stem(MADE)}STORE"
