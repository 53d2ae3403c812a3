"""The store of products made here: a folder, or an object store; laid out like the platforms'.

A folder is made in: the product appears there by one rename. For an object store a product is made
in a folder of this machine, then uploaded file by file, the file with its provenance last: what has
none is not whole. A process that is killed at any line leaves either nothing that counts, or a
product that the next one finds, here or in the store.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Protocol

from dias_cbm.cards import BY_KIND
from dias_cbm.config.platforms import MADE, stem
from dias_cbm.config.settings import settings
from dias_cbm.errors import (
    CardFailed,
    ChecksumMismatch,
    ObjectMissing,
    SettingsError,
    StoreError,
)
from dias_cbm.products.provenance import PROVENANCE
from dias_cbm.scenes import Kind
from dias_cbm.storage import Store, open_store, product_sums
from dias_cbm.storage.fetching import md5_of
from dias_cbm.storage.files import FileStore
from dias_cbm.storage.locations import location_of
from dias_cbm.storage.objects import ObjectStore

log = logging.getLogger(__name__)

#: What killed processes left in the folder of this machine is removed after this time.
_LEFT = timedelta(days=7)


class MadeStore(Protocol):
    """Where a product is made, and how it gets to everybody."""

    @property
    def store(self) -> Store:
        """The store that the product is in afterwards."""

    def folder(self, kind: Kind, obstime: datetime) -> Path:
        """The folder in which to make a day's products."""

    def recall(self, kind: Kind, obstime: datetime, key: str) -> None:
        """Bring what the store already has under a key into the folder.

        :param key: as in the product's provenance.
        :raises StoreError: the store does not answer.
        """

    def keep(self, product: Path, check: Callable[[], None]) -> tuple[str, int]:
        """Put a product into the store, and verify it there.

        :param product: its folder, under :meth:`folder`.
        :param check: raises if another process makes the product by now.
        :returns: its location, and its bytes.
        :raises StoreError: the store does not take it.
        """

    def forget(self, product: Path) -> None:
        """Remove what only this machine has of a product that is in the store."""


def made_store() -> MadeStore:
    """The store of the setting ``platforms.made.store``.

    :raises SettingsError: it cannot be opened.
    """
    store = open_store(MADE)
    if isinstance(store, FileStore):
        return FolderOfProducts(store)
    if isinstance(store, ObjectStore):
        return ObjectsOfProducts(store, work_folder())
    raise SettingsError("cannot be written to", subject=f"{stem(MADE)}STORE")


def work_folder() -> Path:
    """The folder of this machine in which products for an object store are made."""
    named = settings().card.work_folder
    folder = Path(named).expanduser() if named else Path(tempfile.gettempdir(), "cbm-making")
    return folder.resolve()


class FolderOfProducts:
    """A folder that every machine sees; products are made in it."""

    def __init__(self, store: FileStore) -> None:
        self.store = store

    def folder(self, kind: Kind, obstime: datetime) -> Path:
        """The day's folder, as the platforms lay them out."""
        return self.store.root / _day(kind, obstime)

    def recall(self, kind: Kind, obstime: datetime, key: str) -> None:
        """Nothing to bring: the folder is the store."""

    def keep(self, product: Path, check: Callable[[], None]) -> tuple[str, int]:
        """Name its location: it is there already."""
        location = location_of(product.relative_to(self.store.root).as_posix())
        return location, self.store.size(location)

    def forget(self, product: Path) -> None:
        """Nothing to remove."""


class ObjectsOfProducts:
    """An object store, and the folder of this machine in which its products are made.

    :param work: this folder.
    """

    def __init__(self, store: ObjectStore, work: Path) -> None:
        self.store, self._work = store, work

    def folder(self, kind: Kind, obstime: datetime) -> Path:
        """The day's folder on this machine."""
        return self._work / _day(kind, obstime)

    def recall(self, kind: Kind, obstime: datetime, key: str) -> None:
        """Fetch a product that was uploaded whole, but that the ledger does not know."""
        self._sweep()
        location = self._find(_day(kind, obstime), key)
        if location is None:
            return
        product = self.folder(kind, obstime) / PurePosixPath(location).name
        if product.exists():
            return
        log.info("%s is in the store already", location)
        product.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".recalled.", dir=product.parent) as aside:
            fetched = Path(aside, product.name)
            self.store.fetch(location, fetched)
            try:
                product_sums.check(fetched, lambda name: True, {})
            except ChecksumMismatch as error:
                log.warning("%s; it is made again", error)
                return
            fetched.rename(product)

    def keep(self, product: Path, check: Callable[[], None]) -> tuple[str, int]:
        """Upload the files that the store does not have, and look whether it has all of them."""
        location = location_of(product.relative_to(self._work).as_posix())
        self._check_same(product, location)
        files = {
            f"{location}/{file.relative_to(product).as_posix()}": file
            for file in sorted(product.rglob("*"))
            if file.is_file()
        }
        proof = f"{location}/{PROVENANCE}"
        missing = [name for name in files if not self._has(name, files[name])]
        # Before each change: another process may have made it while files were compared or sent.
        check()
        if missing:
            self.store.delete(proof)
        for name in missing:
            if name != proof:
                check()
                self.store.upload(files[name], name)
        check()
        for name in self._stored(location) - set(files):
            self.store.delete(name)
        if missing:
            check()
            self.store.upload(files[proof], proof)
        if self._stored(location) != set(files):
            raise StoreError("does not list what was uploaded", subject=location)
        return location, sum(file.stat().st_size for file in files.values())

    def forget(self, product: Path) -> None:
        """Remove this machine's copy."""
        shutil.rmtree(product, ignore_errors=True)

    def _stored(self, location: str) -> set[str]:
        try:
            return set(self.store.list(location))
        except ObjectMissing:
            return set()

    def _has(self, location: str, file: Path) -> bool:
        """Whether the store holds this file, by size and checksum."""
        try:
            head = self.store.head(location)
        except ObjectMissing:
            return False
        return head.size == file.stat().st_size and head.checksum == f"md5:{md5_of(file)}"

    def _find(self, day: str, key: str) -> str | None:
        """The location of a whole product with this key."""
        for name in sorted(self._stored(location_of(day))):
            if PurePosixPath(name).name == PROVENANCE and self._key(name) == key:
                return PurePosixPath(name).parent.as_posix()
        return None

    def _key(self, provenance: str) -> str | None:
        """The key in a provenance file of the store; None if there is none, or no such file."""
        with tempfile.TemporaryDirectory(prefix="cbm-") as aside:
            file = Path(aside, PROVENANCE)
            try:
                self.store.fetch(provenance, file)
                found = json.loads(file.read_text()).get("key")
            except (ObjectMissing, ValueError, AttributeError):
                return None
        return found if isinstance(found, str) else None

    def _check_same(self, product: Path, location: str) -> None:
        """Check that the store has no other product under this name.

        :raises CardFailed: it does.
        """
        there = self._key(f"{location}/{PROVENANCE}")
        if there not in (None, json.loads((product / PROVENANCE).read_text())["key"]):
            raise CardFailed(
                "exists already, made for another request",
                subject=location,
                hint="remove it to make it again",
            )

    def _sweep(self) -> None:
        """Remove what killed processes left on this machine long ago."""
        before = time.time() - _LEFT.total_seconds()
        for left in self._work.glob("*/*/*/*/*/*/*"):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < before:
                    log.info("%s: left here by another process, removed", left)
                    if left.is_dir():
                        shutil.rmtree(left, ignore_errors=True)
                    else:
                        left.unlink()


def _day(kind: Kind, obstime: datetime) -> str:
    return f"{BY_KIND[kind].folder}/{obstime:%Y/%m/%d}"
