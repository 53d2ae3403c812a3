"""A store that is a folder: the platforms' mounted ``/eodata``, an archive, the demo."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio

from dias_cbm.config.settings import settings
from dias_cbm.errors import ObjectMissing, StoreDown, StoreError
from dias_cbm.storage.base import Files, Head, Needed, Piece, Progress, Ranged
from dias_cbm.storage.fetching import fetch_all
from dias_cbm.storage.locations import key_of, location_of
from dias_cbm.transport.retry import Retry

_CHUNK = 1 << 20


class FileStore:
    """Products under one folder, laid out like the platforms' ``/eodata``.

    :param root: the folder that stands for ``/eodata``; relative to the working directory.
    :param platform: that the store belongs to.
    """

    def __init__(self, root: str | Path, platform: str = "files") -> None:
        self.platform = platform
        self.root = Path(root).expanduser().resolve()

    def path(self, location: str) -> str:
        """The file or folder of a location."""
        return str(self._existing(location))

    def exists(self, location: str) -> bool:
        """Whether there is a file or folder at a location."""
        try:
            self._existing(location)
        except ObjectMissing:
            return False
        return True

    def size(self, location: str) -> int:
        """Bytes of the file, or of all files under the folder."""
        return sum(file.stat().st_size for file in self._files(self._existing(location)))

    def list(self, location: str) -> list[str]:
        """Locations of all files under a location, in order."""
        names = (file.relative_to(self.root) for file in self._files(self._existing(location)))
        return sorted(location_of(name.as_posix()) for name in names)

    def head(self, location: str) -> Head:
        """Size of a file; a folder has no checksums."""
        path = self._existing(location)
        if not path.is_file():
            raise ObjectMissing("is a folder, not an object", subject=location)
        status = path.stat()
        identity = f"{status.st_mtime_ns}-{status.st_ino}"
        name = path.relative_to(self.root).as_posix()
        return Head(location_of(name), status.st_size, identity, (Piece(status.st_size, None),))

    def fetch(
        self,
        location: str,
        destination: Path,
        *,
        progress: Progress | None = None,
        needed: Needed | None = None,
        checksum: str | None = None,
    ) -> Files:
        """Copy a file, or all files of a folder."""
        top = self._existing(location)
        wanted = []
        for found in self.list(location):
            inside = self._resolve(found).relative_to(top).as_posix()
            if inside == ".":
                wanted.append((self.head(found), destination))
            elif needed is None or needed(inside):
                wanted.append((self.head(found), destination / inside))
        return fetch_all(
            self,
            wanted,
            connections=1,
            part_bytes=max(1, int(settings().store.part_mb * 1024**2)),
            retry=Retry(1),
            progress=progress,
            checksum=checksum if top.is_file() else None,
        )

    def read(self, head: Head, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``[start, end)`` of a file."""
        with self._existing(head.location).open("rb") as file:
            file.seek(start)
            while start < end and (chunk := file.read(min(_CHUNK, end - start))):
                start += len(chunk)
                yield chunk

    @contextmanager
    def opened(
        self,
        location: str,
        *,
        needed: Needed | None = None,
        ranged: Ranged | None = None,
        checksum: str | None = None,
        part: str = "",
    ) -> Iterator[Path]:
        """Provide the product in place."""
        yield Path(self.path(location))

    def release(self, location: str) -> None:
        """Nothing to remove: nothing was copied."""

    @contextmanager
    def environment(self) -> Iterator[rasterio.Env]:
        """Files need no options."""
        with rasterio.Env() as environment:
            yield environment

    def _resolve(self, location: str) -> Path:
        path = self.root.joinpath(key_of(location)).resolve()
        if not path.is_relative_to(self.root):
            raise StoreError(f"leads out of the store {self.root}", subject=location)
        return path

    def _existing(self, location: str) -> Path:
        path = self._resolve(location)
        if not path.exists():
            if not self.root.is_dir():
                raise StoreDown(
                    f"there is no folder {self.root}", subject=location, hint="is it mounted?"
                )
            hint = f"looked under {self.root}"
            raise ObjectMissing("is not in the store", subject=location, hint=hint)
        return path

    def _files(self, path: Path) -> Iterator[Path]:
        if path.is_file():
            yield path
            return
        for folder, _, names in os.walk(path, onerror=self._refuse):
            for name in names:
                file = Path(folder, name)
                if not file.resolve().is_relative_to(self.root):
                    raise StoreError(f"a link leads out of the store {self.root}", subject=file)
                yield file

    def _refuse(self, error: OSError) -> None:
        raise StoreError(f"cannot be listed: {error.strerror}", subject=error.filename) from error
