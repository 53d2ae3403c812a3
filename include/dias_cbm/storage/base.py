"""The interface of product stores."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import rasterio

#: Called with the number of bytes that have arrived, or were there already, since the last call.
Progress = Callable[[int], None]

#: The files fetched, in order. (Within a store, ``list`` is a method.)
Files = list[Path]

#: Whether a file of a product is needed, by its path within the product.
Needed = Callable[[str], bool]


#: Whether a file of a product is read by ranges, by its path within the product and its size.
Ranged = Callable[[str, int], bool]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of bytes of an object for which the store may have a checksum.

    :param md5: hexadecimal; None if the store has none.
    """

    size: int
    md5: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """A store's metadata of one object.

    :param location: as the catalogue writes locations.
    :param size: bytes.
    :param etag: changes when the object does; None if the store has none.
    :param pieces: runs that make up the object, in order; one for an object in one piece.
    """

    location: str
    size: int
    etag: str | None = None
    pieces: tuple[Piece, ...] = ()

    @property
    def md5(self) -> str | None:
        """Of the whole object; None if the store has checksums of segments at best."""
        return self.pieces[0].md5 if len(self.pieces) == 1 else None

    @property
    def checksum(self) -> str | None:
        """The same as ``md5:hex``."""
        return None if self.md5 is None else f"md5:{self.md5}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials of a store.

    :param user: access key of S3, user of Swift.
    :param token: session token of S3, where there is one.
    """

    user: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


class Store(Protocol):
    """A store of products; locations are those of the catalogue, e.g. ``/eodata/Sentinel-1/...``.

    Every method raises :class:`dias_cbm.errors.ObjectMissing` for what the store does not hold, and
    another :class:`dias_cbm.errors.StoreError` for what it cannot or may not deliver.
    """

    @property
    def platform(self) -> str:
        """The platform that the store belongs to."""
        ...

    def path(self, location: str) -> str:
        """A path that GDAL can open for range reads inside :meth:`environment`."""
        ...

    def environment(self) -> AbstractContextManager[rasterio.Env]:
        """Set GDAL's options for reading :meth:`path`, credentials included, while entered."""
        ...

    def exists(self, location: str) -> bool:
        """Whether the store holds the object, or objects under it."""
        ...

    def size(self, location: str) -> int:
        """Bytes of the object, or of all objects under it."""
        ...

    def list(self, location: str) -> list[str]:
        """Locations of all objects under a location, in order; the location itself if an object."""
        ...

    def head(self, location: str) -> Head:
        """Size and checksums of one object."""
        ...

    def fetch(
        self,
        location: str,
        destination: Path,
        *,
        progress: Progress | None = None,
        needed: Needed | None = None,
        checksum: str | None = None,
    ) -> Files:
        """Copy an object to a file, or all objects under a location into a folder.

        What an earlier try left in ``*.part`` is used. Each file is verified against the store's
        metadata, and only then gets its name.

        :param destination: the file or folder to write.
        :param checksum: ``md5:hex`` from the catalogue, for a product of one object.
        :returns: the files, in order.
        :raises ChecksumMismatch: a file arrived, but not the right one.
        """
        ...

    def opened(
        self,
        location: str,
        *,
        needed: Needed | None = None,
        ranged: Ranged | None = None,
        checksum: str | None = None,
        part: str = "",
    ) -> AbstractContextManager[Path]:
        """Provide a product as local files while entered.

        :param needed: selects the files to fetch, if they have to be fetched.
        :param ranged: selects those of them to leave in the store; inside this context, a small
            file in place of each lets GDAL read it there.
        :param checksum: as for :meth:`fetch`; a product read where it lies is not checked.
        :param part: names a local copy of its own, for callers that select other files than those
            of all others; such a copy goes when room is needed.
        """
        ...

    def release(self, location: str) -> None:
        """Remove the local copy of a product that will not be opened again soon."""
        ...
