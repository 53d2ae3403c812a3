"""The base of object stores: listing, fetching, local copies and uploads."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath

import rasterio

from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.errors import ChecksumMismatch, CorruptProduct, ObjectMissing, StoreError
from dias_cbm.rasters import STAND_INS
from dias_cbm.storage import product_sums
from dias_cbm.storage.base import Files, Head, Needed, Piece, Progress, Ranged
from dias_cbm.storage.cache import product_cache
from dias_cbm.storage.fetching import fetch_all, md5_of
from dias_cbm.storage.locations import key_of, location_of
from dias_cbm.storage.object_requests import ObjectRequests
from dias_cbm.storage.vrt_proxy import stand_in

# Within a store, ``list`` is a method.
_Heads = list[Head]

#: Amazon's limit.
_PAGE = 1000
_MB = 1 << 20
#: What S3 and Swift take in one request.
LARGEST_OBJECT_BYTES = 5 << 30
#: Suffix of a local copy whose rasters are left in the store.
_BY_RANGES = "#ranges"


class ObjectStore(ObjectRequests):
    """A store that is accessed over HTTP; see :class:`ObjectRequests` for its parameters."""

    @abstractmethod
    def path(self, location: str) -> str:
        """A path that GDAL can open for range reads inside :meth:`environment`."""

    @abstractmethod
    def _gdal(self) -> rasterio.Env:
        """GDAL's options, credentials included."""

    @contextmanager
    def environment(self) -> Iterator[rasterio.Env]:
        """Set GDAL's options for reading :meth:`path` while entered; holds a connection.

        Outside, GDAL does not know the credentials, and what it has read is not kept for others.
        """
        with self._connections.one(), self._gdal() as environment:
            yield environment

    def exists(self, location: str) -> bool:
        """Whether the store holds the object, or objects under it."""
        key = self._key(location)
        if next(self._pages(key + "/", 1), None):
            return True
        try:
            self._try(lambda: self._look(key))
        except ObjectMissing:
            return False
        return True

    def size(self, location: str) -> int:
        """Bytes of the object, or of all objects under it."""
        return sum(head.size for head in self._objects(location))

    def list(self, location: str) -> list[str]:
        """Locations of all objects under a location, in order; the location itself if an object."""
        return [head.location for head in self._objects(location)]

    def fetch(
        self,
        location: str,
        destination: Path,
        *,
        progress: Progress | None = None,
        needed: Needed | None = None,
        checksum: str | None = None,
    ) -> Files:
        """Copy an object to a file, or all objects under a location into a folder."""
        return self._fetch(
            self._objects(location), location, destination, progress, needed, checksum
        )

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
        """Provide a product as local files: fetched once, kept until released or room is needed."""
        key = self._key(location)
        heads: _Heads = []
        stay: dict[str, Head] = {}

        def size() -> int:
            heads.extend(self._objects(location))
            inside = {self._inside(location, head): head for head in heads}
            if ranged is not None:
                stay.update(
                    (name, head)
                    for name, head in inside.items()
                    if name and ranged(name, head.size) and (needed is None or needed(name))
                )
            return sum(head.size for name, head in inside.items() if name not in stay)

        def fill(destination: Path) -> None:
            if stay:
                self._check_direct(stay.values())
                with self.environment():
                    refused = [
                        name
                        for name, head in stay.items()
                        if not stand_in(self.path(head.location), head.size, destination / name)
                    ]
                for name in refused:
                    del stay[name]

            def fetched(name: str) -> bool:
                return name not in stay and (needed is None or needed(name))

            self._fetch(heads, location, destination, None, fetched, checksum)
            if self.platform == MADE:
                product_sums.check(
                    destination, fetched, {name: head.md5 for name, head in stay.items()}
                )
            if ranged is not None:
                names = ((PurePosixPath(destination.name) / name).as_posix() for name in stay)
                (destination.parent / STAND_INS).write_text("\n".join(names))

        entry = self._entry(key) + (_BY_RANGES if ranged else "") + (f"#{part}" if part else "")
        try:
            with ExitStack() as held:
                path = held.enter_context(
                    product_cache().holding(entry, PurePosixPath(key).name, size, fill)
                )
                if ranged is not None:
                    self._check_direct(self._stand_ins(location, path))
                    held.enter_context(self.environment())
                yield path
        except CorruptProduct:
            if ranged is not None:
                # GDAL does not distinguish an unreachable store from a corrupt product.
                self._try(lambda: self._page(key + "/", {}, 1))
            raise

    def release(self, location: str) -> None:
        """Remove the local copies of a product unless they are being read."""
        entry = self._entry(self._key(location))
        for suffix in ("", _BY_RANGES):
            product_cache().drop(entry + suffix)

    def upload(self, file: Path, location: str) -> Head:
        """Store a file as one object, in place of one that is there, and verify it.

        :returns: what the store says of it.
        :raises ChecksumMismatch: the store holds something else.
        :raises StoreError: it is too large for one object, or the store does not take it.
        """
        size, md5 = file.stat().st_size, md5_of(file)
        if size > LARGEST_OBJECT_BYTES:
            raise StoreError(
                f"{size >> 30} GB are more than a store takes as one object",
                subject=file,
                hint="keep products as large as this in a shared folder",
            )

        def send() -> str | None:
            with self._connections.one(), file.open("rb") as content:
                return self._send(self._key(location), content, size, md5)

        with self._not_blamed_for_one():
            said = self._retry.call(send)
        head = self.head(location)
        stored = {said, *(piece.md5 for piece in head.pieces)} - {None}
        if head.size != size or stored - {md5}:
            raise ChecksumMismatch(
                f"{head.size} bytes were stored with the checksum {' or '.join(map(str, stored))},"
                f" not {size} with {md5}",
                subject=location,
            )
        return head

    def delete(self, location: str) -> None:
        """Remove one object; nothing happens if there is none."""
        with suppress(ObjectMissing):
            self._try(lambda: self._erase(self._key(location)))

    def _check_direct(self, heads: Iterable[Head]) -> None:
        """Check that the store delivers objects itself, before GDAL is given the credentials.

        GDAL would take them along a redirect to another host; our own clients follow none.

        :raises StoreError: the store redirects.
        """
        for head in heads:
            one = replace(head, etag=None)
            self._try(partial(self._first_byte, one))

    def _first_byte(self, head: Head) -> bytes:
        return b"".join(self._stream(self._key(head.location), head, 0, min(1, head.size)))

    def _stand_ins(self, location: str, path: Path) -> _Heads:
        """The objects of a product that are left in the store, of unknown size."""
        base = location_of(self._bare(self._key(location)))
        listed = path.parent / STAND_INS
        names = listed.read_text().splitlines() if listed.is_file() else []
        inside = (name.removeprefix(path.name).lstrip("/") for name in names)
        return [Head(f"{base}/{name}" if name else base, 1) for name in inside]

    def _fetch(
        self,
        heads: _Heads,
        location: str,
        destination: Path,
        progress: Progress | None,
        needed: Needed | None,
        checksum: str | None,
    ) -> Files:
        base = location_of(self._bare(self._key(location)))
        wanted = []
        for head in heads:
            inside = self._inside(location, head)
            if inside and needed is not None and not needed(inside):
                continue
            complete = head if head.pieces else self.head(head.location)
            wanted.append((complete, destination / inside if inside else destination))
        # A catalogue's checksum may be that of an archive which the store does not hold.
        alone = len(heads) == 1 and heads[0].location == base
        with self._not_blamed_for_one():
            return fetch_all(
                self,
                wanted,
                connections=self._connections.count,
                part_bytes=max(1, int(settings().store.part_mb * _MB)),
                retry=self._retry,
                progress=progress,
                checksum=checksum if alone else None,
            )

    def _inside(self, location: str, head: Head) -> str:
        """The path of an object within its product; empty for a product of one object."""
        base = location_of(self._bare(self._key(location)))
        return head.location.removeprefix(base).lstrip("/")

    def _objects(self, location: str) -> _Heads:
        key = self._key(location)
        found = [head for page in self._pages(key + "/", _PAGE) for head in page]
        # Stores and their browsers create empty objects to represent folders.
        files = [self._sized(head) for head in found if not head.location.endswith("/")]
        return files or [self._alone(location)]

    def _alone(self, location: str) -> Head:
        """An object, by its listing, which has more than its own metadata."""
        listed = next(self._pages(self._key(location), 1), None)
        if listed and listed[0].location == location_of(key_of(location)):
            return self._sized(listed[0])
        return self.head(location)

    def _sized(self, listed: Head) -> Head:
        """Complete a listed object: a listing shows 0 bytes for one that is made of segments."""
        if listed.size:
            return listed
        head = self.head(listed.location)
        if head.size and listed.pieces:
            # The checksum that S3 shows is a checksum of the segments' checksums.
            return replace(head, pieces=(Piece(head.size, None),))
        return head

    def _entry(self, key: str) -> str:
        return f"{self.platform}/{self.address.bucket}/{key}"
