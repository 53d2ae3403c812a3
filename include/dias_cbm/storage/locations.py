"""Locations: from the catalogue's paths to names within a store, and back."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from dias_cbm.errors import StoreError

#: Where the platforms mount their store; catalogues prefix their locations with it.
MOUNT = "eodata"


def key_of(location: str) -> str:
    """The name of an object or product within its store, e.g. ``Sentinel-1/SAR/...``.

    Understands ``/eodata/NAME``, ``eodata/NAME``, ``/NAME`` and ``s3://eodata/NAME``.

    :raises StoreError: it names the whole store, or could point outside it.
    """
    if not location.isprintable():
        raise StoreError("not a path", subject=repr(location))
    path = urlsplit(location).path if location.startswith("s3://") else location
    parts = [part for part in PurePosixPath(path).parts if part != "/"]
    if parts and parts[0] == MOUNT:
        parts = parts[1:]
    if not parts:
        raise StoreError("a location names a product, not the store", subject=location)
    if ".." in parts:
        raise StoreError("leads out of the store", subject=location)
    return "/".join(parts)


def location_of(key: str) -> str:
    """The location of an object, as catalogues write it."""
    return f"/{MOUNT}/{key}"
