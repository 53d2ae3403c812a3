"""Requests to an object store: each one, how it is tried again, and pages of listings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, TypeVar

from dias_cbm.config.settings import settings
from dias_cbm.errors import StoreDown, StoreError
from dias_cbm.storage.address import Address
from dias_cbm.storage.base import Credentials, Head
from dias_cbm.storage.connection_limit import ConnectionLimit
from dias_cbm.storage.locations import key_of, location_of
from dias_cbm.transport.bounded import within_reply
from dias_cbm.transport.retry import Retry, TryAgain

T = TypeVar("T")

#: A position in a listing, as the parameter of the next request.
Position = Mapping[str, str]

#: Pages without an object after which a listing is taken to have no end.
_EMPTY_PAGES = 1000
_LONGEST_WAIT_S = 60.0


class ObjectRequests(ABC):
    """What a store is asked over HTTP.

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
    def _page(
        self, prefix: str, position: Position, limit: int
    ) -> tuple[list[Head], Position | None]:
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

    def head(self, location: str) -> Head:
        """Size and checksums of one object."""
        return self._try(lambda: self._look(self._key(location)))

    def read(self, head: Head, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``[start, end)`` of an object, in one try."""
        with self._connections.one():
            yield from self._stream(self._key(head.location), head, start, end)

    def _pages(self, prefix: str, limit: int) -> Iterator[list[Head]]:
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
