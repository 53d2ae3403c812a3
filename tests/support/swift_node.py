"""The address of the Swift that the tests of the object stores start, and what they do with it."""

from __future__ import annotations

from collections.abc import Callable

from dias_cbm.storage.objects import ObjectStore

CONTAINER = "eodata"
MB = 1 << 20
Open = Callable[..., ObjectStore]
Put = Callable[[str, bytes], str]
Noise = Callable[[int], bytes]


def address(face: str, endpoint: str) -> str:
    """The setting ``store`` of the node's container."""
    if face == "s3":
        return f"s3://{CONTAINER}?endpoint={endpoint}&region=us-east-1"
    return f"swift://{CONTAINER}?auth={endpoint}/auth/v1.0"
