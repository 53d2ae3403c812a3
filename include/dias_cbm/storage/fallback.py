"""Stores of several platforms as one: what the first cannot deliver comes from the next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import rasterio

from dias_cbm.errors import ObjectMissing, StoreError
from dias_cbm.storage.base import Files, Head, Needed, Progress, Ranged, Store

log = logging.getLogger(__name__)

T = TypeVar("T")


class FallbackStore:
    """Tries stores in turn, beginning with the one that was used last.

    :param stores: at least one, in order.
    """

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = list(stores)

    @property
    def platform(self) -> str:
        """The platform of the store that was used last."""
        return self._stores[0].platform

    def path(self, location: str) -> str:
        """GDAL's path in the first store that holds it; :meth:`environment` then matches it."""
        return self._first(location, lambda store: _path_in(store, location))

    def environment(self) -> AbstractContextManager[rasterio.Env]:
        """The environment of the store that was used last."""
        return self._stores[0].environment()

    def exists(self, location: str) -> bool:
        """Whether any of the stores holds it."""
        try:
            self._first(location, lambda store: _path_in(store, location))
        except ObjectMissing:
            return False
        return True

    def size(self, location: str) -> int:
        """The size in the first store that holds it."""
        return self._first(location, lambda store: store.size(location))

    def list(self, location: str) -> list[str]:
        """The locations in the first store that holds it."""
        return self._first(location, lambda store: store.list(location))

    def head(self, location: str) -> Head:
        """The metadata in the first store that holds it."""
        return self._first(location, lambda store: store.head(location))

    def fetch(
        self,
        location: str,
        destination: Path,
        *,
        progress: Progress | None = None,
        needed: Needed | None = None,
        checksum: str | None = None,
    ) -> Files:
        """Ask the stores in turn, until one delivers it completely."""
        return self._first(
            location,
            lambda store: store.fetch(
                location, destination, progress=progress, needed=needed, checksum=checksum
            ),
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
        """Ask the stores in turn, until one delivers it completely."""
        with ExitStack() as stack:
            yield self._first(
                location,
                lambda store: stack.enter_context(
                    store.opened(
                        location, needed=needed, ranged=ranged, checksum=checksum, part=part
                    )
                ),
            )

    def release(self, location: str) -> None:
        """Remove the local copies in all stores."""
        for store in self._stores:
            store.release(location)

    def _first(self, location: str, ask: Callable[[Store], T]) -> T:
        failed: list[tuple[Store, StoreError]] = []
        for store in list(self._stores):
            try:
                answer = ask(store)
            except StoreError as error:
                log.info("%s: not from %s: %s", location, store.platform, error)
                failed.append((store, error))
            else:
                self._stores.remove(store)
                self._stores.insert(0, store)
                return answer
        # Missing is final only if every store could be asked.
        errors = [error for _, error in failed]
        worst = next((error for error in errors if not isinstance(error, ObjectMissing)), errors[0])
        said = "; ".join(f"{store.platform}: {error.message}" for store, error in failed)
        raise type(worst)(said, subject=location, hint=worst.hint)


def _path_in(store: Store, location: str) -> str:
    if not store.exists(location):
        raise ObjectMissing("is not in the store", subject=location)
    return store.path(location)
