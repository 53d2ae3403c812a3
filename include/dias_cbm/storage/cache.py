"""Cache of object-store products: a bounded folder, the least recently used removed first."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dias_cbm.config.settings import settings
from dias_cbm.errors import StoreError
from dias_cbm.storage.fetching import LARGEST_PRODUCT_BYTES

log = logging.getLogger(__name__)

_COMPLETE = "complete"
_FREE_BYTES = 256 << 20
_GB = 1 << 30


class ProductCache:
    """A folder of products that all processes of one machine share.

    Each product has a folder and, beside it, a lock: shared by its readers, exclusive to whoever
    fetches or removes it. A process that dies releases its locks; what it had fetched is used.

    :param limit: bytes; may be exceeded, since a product that is being read cannot be removed.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder.expanduser().resolve()
        self.limit = limit

    @contextmanager
    def holding(
        self, entry: str, name: str, size: Callable[[], int], fill: Callable[[Path], None]
    ) -> Iterator[Path]:
        """Provide a product, fetched if it is missing; it is not removed while this is entered.

        :param entry: identifies it in the cache.
        :param name: of its file or folder; readers recognise products by their names.
        :param size: bytes to make room for, called before ``fill``.
        :raises StoreError: there is no room for it.
        """
        place = self._place(entry)
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            with self._locked(place, fcntl.LOCK_SH):
                if (place / _COMPLETE).is_file():
                    os.utime(place / _COMPLETE)
                    yield place / name
                    return
            with self._locked(place, fcntl.LOCK_EX):
                if not (place / _COMPLETE).is_file():
                    self._make_room(size(), place)
                    place.mkdir(exist_ok=True)
                    fill(place / name)
                    (place / _COMPLETE).touch()

    def drop(self, entry: str) -> bool:
        """Remove a product unless it is being read; return whether it was removed."""
        return self._remove(self._place(entry))

    def _place(self, entry: str) -> Path:
        return self.folder / hashlib.sha256(entry.encode()).hexdigest()[:24]

    def _make_room(self, size: int, place: Path) -> None:
        sizes = {
            folder: _bytes_under(folder) for folder in self.folder.iterdir() if folder.is_dir()
        }
        missing = size - sizes.get(place, 0)
        # Before anything is removed: a size may be bogus.
        self._check_room(missing, sum(sizes.values()) - sizes.get(place, 0))
        total = size - sizes.get(place, 0) + sum(sizes.values())
        others = sorted((folder for folder in sizes if folder != place), key=_last_used)
        for folder in others:
            if total <= self.limit:
                break
            if self._remove(folder):
                total -= sizes[folder]
        self._check_room(missing, 0)

    def _check_room(self, missing: int, removable: int) -> None:
        free = shutil.disk_usage(self.folder).free + removable
        if missing + _FREE_BYTES > free or missing > max(self.limit, LARGEST_PRODUCT_BYTES):
            raise StoreError(
                f"no room for {missing >> 20} MB",
                subject=self.folder,
                hint="set store.cache_folder",
            )

    def _remove(self, place: Path) -> bool:
        if not place.is_dir():
            return False
        try:
            with self._locked(place, fcntl.LOCK_EX | fcntl.LOCK_NB) as lock:
                # Remove the mark first: an interrupted removal must not leave half a product.
                (place / _COMPLETE).unlink(missing_ok=True)
                shutil.rmtree(place, ignore_errors=True)
                lock.unlink()
        except BlockingIOError:
            return False
        return True

    @contextmanager
    def _locked(self, place: Path, how: int) -> Iterator[Path]:
        path = place.with_suffix(".lock")
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, how)
                if not _is_same(descriptor, path):
                    continue  # removed while we waited; the next reader creates it again
                yield path
                return
            finally:
                os.close(descriptor)


def product_cache() -> ProductCache:
    """The product cache in the folder that the settings name."""
    configured = settings().store
    limit = int(configured.cache_gb * _GB)
    return ProductCache(Path(configured.cache_folder), limit)


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _bytes_under(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            # Count blocks, since a file that is being fetched has its full length from the start.
            total += path.stat().st_blocks * 512
        except FileNotFoundError:
            continue
    return total


def _last_used(folder: Path) -> float:
    for path in (folder / _COMPLETE, folder):
        try:
            return path.stat().st_mtime
        except FileNotFoundError:
            continue
    return 0.0
