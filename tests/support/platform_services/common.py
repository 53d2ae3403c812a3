"""What the services share: the products that a platform has, a request, a reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shapely.geometry import shape


@dataclass
class Reply:
    """What goes over the wire; ``cut`` breaks the connection after so many bytes of the body."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    cut: int | None = None


def reply(value: object, status: int = 200, **headers: str) -> Reply:
    named = {key.replace("_", "-"): text for key, text in headers.items()}
    body = json.dumps(value).encode()
    return Reply(body, status, {"Content-Type": "application/json"} | named)


Fault = Callable[[Reply], Reply]


@dataclass(frozen=True)
class Request:
    """One request.

    :param url: with its query.
    :param body: of a POST; empty for a GET.
    """

    url: str
    body: bytes = b""

    @property
    def address(self) -> str:
        return self.url.partition("?")[0]

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def values(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def query(self) -> dict[str, str]:
        """Every parameter once; one that comes twice is a mistake here."""
        assert all(len(values) == 1 for values in self.values.values()), self.url
        return {name: values[0] for name, values in self.values.items()}


@dataclass(frozen=True)
class Known:
    """A product, as every platform knows it, out of an entry of CDSE."""

    entry: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.entry["Id"])

    @property
    def name(self) -> str:
        """Without ``.SAFE``."""
        return str(self.entry["Name"]).removesuffix(".SAFE")

    @property
    def start(self) -> datetime:
        return moment(self.entry["ContentDate"]["Start"])

    @property
    def end(self) -> datetime:
        return moment(self.entry["ContentDate"]["End"])

    @property
    def published(self) -> datetime:
        return moment(self.entry["PublicationDate"])

    @property
    def outline(self) -> Any:
        """GeoJSON, or None."""
        return self.entry["GeoFootprint"]

    @property
    def area(self) -> Any:
        """As a shape, or None."""
        return shape(self.outline) if self.outline else None

    @property
    def md5(self) -> str:
        sums = self.entry["Checksum"]
        return next((one["Value"] for one in sums if one["Algorithm"] == "MD5"), "0" * 32)

    def told(self, attribute: str, otherwise: Any = None) -> Any:
        """One of its attributes."""
        found = [one["Value"] for one in self.entry["Attributes"] if one["Name"] == attribute]
        return found[0] if found else otherwise

    @property
    def type(self) -> str:
        """As CDSE writes it: ``IW_GRDH_1S``."""
        return str(self.told("productType"))

    @property
    def group(self) -> str:
        """As older services have it: ``GRD``, ``SLC``, ``L1C``, ``L2A``, ``CARD-BS`` ..."""
        groups = {"IW_GRDH_1S": "GRD", "IW_SLC__1S": "SLC", "S2MSI1C": "L1C", "S2MSI2A": "L2A"}
        return groups.get(self.type, self.type)

    @property
    def mission(self) -> str:
        """``Sentinel1`` or ``Sentinel2``."""
        return f"Sentinel{self.name[1]}"

    @property
    def datatake(self) -> str | None:
        """Of Sentinel-2, as its metadata write it; of Sentinel-1 in decimal."""
        if self.name[1] == "1":
            take = self.told("datatakeID")
            return None if take is None else str(take)
        satellite, orbit = self.name[:3], self.told("orbitNumber")
        version = self.told("processorVersion")
        return f"G{satellite}_{self.start:%Y%m%dT%H%M%S}_{orbit:06d}_N{version}"

    def touches(self, place: Any) -> bool:
        """What has no outline is found wherever one looks."""
        return place is None or self.area is None or bool(place.intersects(self.area))


def moment(text: str) -> datetime:
    """A time with its zone, which every request has to give."""
    read = datetime.fromisoformat(text)
    assert read.tzinfo is not None, f"without a zone: {text}"
    return read.astimezone(UTC)


def stamp(when: datetime, timespec: str = "milliseconds") -> str:
    return when.replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def by_start(found: Iterable[Known]) -> list[Known]:
    return sorted(found, key=lambda one: (one.start, one.name))
