"""Common parts of the dialects: products, requests, answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import shapely
from shapely.errors import ShapelyError

from dias_cbm.scenes import stem


@dataclass(frozen=True, slots=True)
class Product:
    """One entry of the listing, with its times and its footprint read."""

    id: str
    name: str
    file: str
    kind: str
    start: datetime
    end: datetime
    published: datetime
    footprint: shapely.Geometry | None
    attributes: Mapping[str, Any]
    location: str
    size: int
    md5: str | None
    online: bool = True

    @property
    def collection(self) -> str:
        """``S1`` or ``S2``."""
        return self.name[:2]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request.

    :param path: below the dialect's own.
    :param query: parameters in their order; a name may come twice.
    :param body: the JSON of a POST.
    :param url: the address without query.
    """

    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    body: Any = None
    url: str = ""

    def get(self, name: str, default: str = "") -> str:
        """The first value of a parameter."""
        return next((value for key, value in self.query if key == name), default)


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply."""

    body: bytes
    status: int = 200
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class Dialect:
    """A platform's search protocol.

    :param base: path of its catalogue on the local DIAS.
    """

    base: str
    answer: Callable[[Asked, list[Product]], Answer]


class Refused(Exception):
    """A request that the platform would refuse."""


def reply(value: Any, status: int = 200) -> Answer:
    """JSON."""
    return Answer(json.dumps(value).encode(), status)


def products(entries: Iterable[Mapping[str, Any]]) -> list[Product]:
    """Entries of the OData listing, in the order of their publication."""
    read = [_product(entry) for entry in entries]
    return sorted(read, key=lambda one: (one.published, one.id))


def _product(entry: Mapping[str, Any]) -> Product:
    attributes = {one["Name"]: one["Value"] for one in entry["Attributes"]}
    geometry = entry["GeoFootprint"]
    sums = {one["Algorithm"]: one["Value"] for one in entry["Checksum"]}
    return Product(
        id=entry["Id"],
        name=stem(entry["Name"]),
        file=entry["Name"],
        kind=attributes["productType"],
        start=moment(entry["ContentDate"]["Start"]),
        end=moment(entry["ContentDate"]["End"]),
        published=moment(entry["PublicationDate"]),
        footprint=None if geometry is None else shapely.geometry.shape(geometry),
        attributes=attributes,
        location=entry["S3Path"],
        size=entry["ContentLength"],
        md5=sums.get("MD5"),
        online=entry["Online"],
    )


def moment(text: str) -> datetime:
    """A time with a zone.

    :raises Refused: it is none.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is not a time") from None
    if read.tzinfo is None:
        raise Refused(f"{text!r} has no zone")
    return read.astimezone(UTC)


def stamp(when: datetime) -> str:
    """A time as most platforms write it."""
    return when.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def number(text: str, largest: int) -> int:
    """A whole number within limits.

    :raises Refused: it is none.
    """
    if not text.isdecimal() or int(text) > largest:
        raise Refused(f"{text!r} is not from 0 to {largest}")
    return int(text)


def area(text: str) -> shapely.Geometry:
    """An area from well-known text.

    :raises Refused: it is none.
    """
    try:
        return shapely.from_wkt(text)
    except ShapelyError:
        raise Refused("the area cannot be read") from None


def within(product: Product, place: shapely.Geometry | None) -> bool:
    """Whether a product touches an area; one without footprint touches every one."""
    if place is None or product.footprint is None:
        return True
    return bool(shapely.intersects(product.footprint, place))


def geojson(product: Product) -> Any:
    """The footprint; null if there is none."""
    footprint: Any = product.footprint
    return None if footprint is None else shapely.geometry.mapping(footprint)


def by_time(found: Iterable[Product]) -> list[Product]:
    """In the order of sensing."""
    return sorted(found, key=lambda one: (one.start, one.id))
