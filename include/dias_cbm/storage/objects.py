"""The base of object stores: listing, fetching, local copies, retries and connections."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar

import rasterio

from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.errors import ChecksumMismatch, CorruptProduct, ObjectMissing, StoreDown, StoreError
from dias_cbm.rasters import STAND_INS
from dias_cbm.storage import product_sums
from dias_cbm.storage.address import Address
from dias_cbm.storage.base import Credentials, Files, Head, Needed, Piece, Progress, Ranged
from dias_cbm.storage.cache import product_cache
from dias_cbm.storage.connection_limit import ConnectionLimit
from dias_cbm.storage.fetching import fetch_all, md5_of
from dias_cbm.storage.locations import key_of, location_of
from dias_cbm.storage.vrt_proxy import stand_in
from dias_cbm.transport.bounded import within_reply
from dias_cbm.transport.retry import Retry, TryAgain

T = TypeVar("T")

# Within a store, ``list`` is a method.
_Heads = list[Head]

#: A position in a listing, as the parameter of the next request.
Position = Mapping[str, str]

#: Amazon's limit.
_PAGE = 1000
#: Pages without an object after which a listing is taken to have no end.
_EMPTY_PAGES = 1000
_MB = 1 << 20
_LONGEST_WAIT_S = 60.0
#: What S3 and Swift take in one request.
LARGEST_OBJECT_BYTES = 5 << 30
#: Suffix of a local copy whose rasters are left in the store.
_BY_RANGES = "#ranges"


class ObjectStore(ABC):
    """A store that is accessed over HTTP.

    :param platform: that the store belongs to; its connection limit is shared by all processes.
    :param connections: at one time; else the platform's setting ``store_connections``.
    :param retry: of failing requests; else the setting ``http.attempts``.
    """

    def __init__(
        self,
        platform: str,
        address: Address,
        credentials: Credentials | None,
        *,
        connections: ConnectionLimit | None = None,
        retry: Retry | None = None,
    ) -> None:
        configured = settings()
        self.platform = platform
        self.address = address
        self._credentials = credentials
        self._connections = connections or ConnectionLimit(
            platform, configured.known(platform).store_connections
        )
        self._retry = retry or Retry(configured.http.attempts, longest_s=_LONGEST_WAIT_S)

    @abstractmethod
    def _page(self, prefix: str, position: Position, limit: int) -> tuple[_Heads, Position | None]:
        """Objects whose key begins with a prefix, from a position in the listing; one try.

        Their ``pieces`` are empty where size and checksum need a separate request.

        :param position: as the page before gave it; empty for the first.
        :returns: also the position to continue from, although a page may be empty; None if there
            are no more.
        """

    @abstractmethod
    def _look(self, key: str) -> Head:
        """Size and checksums of one object; one try."""

    @abstractmethod
    def _stream(self, key: str, head: Head, start: int, end: int) -> Iterator[bytes]:
        """Bytes of one object, if it is still the one of ``head``; one try."""

    @abstractmethod
    def _send(self, key: str, content: BinaryIO, size: int, md5: str) -> str | None:
        """Store one object, which the store verifies by its checksum; one try.

        :returns: the checksum of what was stored, if the store says it.
        """

    @abstractmethod
    def _erase(self, key: str) -> None:
        """Remove one object; one try."""

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

    def head(self, location: str) -> Head:
        """Size and checksums of one object."""
        return self._try(lambda: self._look(self._key(location)))

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

    def read(self, head: Head, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``[start, end)`` of an object, in one try."""
        with self._connections.one():
            yield from self._stream(self._key(head.location), head, start, end)

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

    def _pages(self, prefix: str, limit: int) -> Iterator[_Heads]:
        """The pages of a listing that hold objects.

        :raises StoreError: the listing does not lead on: pages repeat, or are empty without end, or
            hold what was not asked for.
        """
        position: Position | None = {}
        seen: set[str] = set()
        empty = 0
        while position is not None:
            page, following = self._try(partial(self._page, prefix, position, limit))
            for head in page:
                # A folder's own object may have lost its slash.
                if not f"{self._key(head.location)}/".startswith(prefix):
                    raise StoreError(f"the store lists {head.location} under it", subject=prefix)
            empty = 0 if page else empty + 1
            if page and seen.issuperset(head.location for head in page):
                raise StoreError("the store lists the same objects again", subject=prefix)
            if following is not None and (following == position or empty > _EMPTY_PAGES):
                raise StoreError("the store's listing does not lead on", subject=prefix)
            if fresh := [head for head in page if head.location not in seen]:
                yield fresh
            seen.update(head.location for head in page)
            position = following

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

    def _try(self, call: Callable[[], T]) -> T:
        def connected() -> T:
            with self._connections.one():
                return self._timed(call)()

        with self._not_blamed_for_one():
            return self._retry.call(connected)

    def _timed(self, call: Callable[[], T]) -> Callable[[], T]:
        """A try that ends in time, however slowly the store answers."""

        def timed() -> T:
            with within_reply(settings().http.timeout_s):
                return call()

        return timed

    @contextmanager
    def _not_blamed_for_one(self) -> Iterator[None]:
        """Raise :class:`StoreDown` only if the whole store is down, not for a single object."""
        try:
            yield
        except StoreDown as error:
            if not self._answers():
                raise
            raise StoreError(
                error.message, subject=error.subject, hint="the store answers other requests"
            ) from error

    def _answers(self) -> bool:
        """Whether the store replies to a request that does not concern a product; one try."""
        try:
            with self._connections.one():
                self._timed(lambda: self._page("", {}, 1))()
        except TryAgain:
            return False
        except StoreError:
            return True  # it refuses, so it is up
        return True

    def _key(self, location: str) -> str:
        return self.address.prefix + key_of(location)

    def _bare(self, key: str) -> str:
        return key.removeprefix(self.address.prefix)

    def _location(self, key: str) -> str:
        """The location of a listed object.

        :raises StoreError: the name would point outside the folder it is fetched into.
        """
        if ".." in key.split("/") or "//" in key or not key.isprintable():
            raise StoreError("not a valid file name", subject=repr(key))
        return location_of(self._bare(key))

    def _entry(self, key: str) -> str:
        return f"{self.platform}/{self.address.bucket}/{key}"
