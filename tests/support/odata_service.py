"""A small OData catalogue for tests: made-up entries, and faults played in front of the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import shapely
from loopback import serving
from platform_services.common import Fault, Reply, reply

START = datetime(2018, 5, 1, 5, 30, tzinfo=UTC)
SQUARE = shapely.box(9.0, 55.0, 11.0, 56.5)


def stamp(moment: datetime, digits: int = 3) -> str:
    precision = "milliseconds" if digits == 3 else "microseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def attribute(name: str, value: object) -> dict[str, object]:
    return {"Name": name, "Value": value}


def radar_entry(
    number: int = 0,
    *,
    product_type: str = "IW_GRDH_1S",
    start: datetime | None = None,
    published: datetime | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A Sentinel-1 entry as the service writes it; ``number`` makes it one of its own."""
    start = start or START + timedelta(seconds=25 * number)
    end = start + timedelta(seconds=25)
    published = published or start + timedelta(hours=2)
    product, suffix = {
        "IW_GRDH_1S": ("GRDH_1SDV", ".SAFE"),
        "IW_SLC__1S": ("SLC__1SDV", ".SAFE"),
        "CARD-BS": ("GRDH_1SDV", "_CARD_BS"),
    }[product_type]
    stem = f"S1A_IW_{product}_{start:%Y%m%dT%H%M%S}_{end:%Y%m%dT%H%M%S}_021713_02574C"
    return {
        "Id": f"{product_type}-{number}",
        "Name": f"{stem}_{number:04X}{suffix}",
        "ContentLength": 1_000_000 + number,
        "PublicationDate": stamp(published),
        "Online": True,
        "S3Path": f"/eodata/Sentinel-1/{number}",
        "Checksum": [{"Algorithm": "MD5", "Value": f"{number:032x}"}],
        "ContentDate": {"Start": stamp(start), "End": stamp(end)},
        "Footprint": f"geography'SRID=4326;{SQUARE.wkt}'",
        "GeoFootprint": shapely.geometry.mapping(SQUARE),
        "Attributes": [
            attribute("productType", product_type),
            attribute("orbitNumber", 21713),
            attribute("relativeOrbitNumber", 117),
            attribute("orbitDirection", "ASCENDING"),
            attribute("datatakeID", 0x02574C),
            attribute("sliceNumber", 1 + number % 20),
            attribute("timeliness", "Fast-24h"),
        ],
    } | changes


def optical_entry(
    number: int = 0,
    *,
    level: str = "2A",
    baseline: str = "0206",
    tile: str = "32VNH",
    start: datetime = START,
    generated: str = "20180501T134500",
    **changes: Any,
) -> dict[str, Any]:
    """A Sentinel-2 entry as the service writes it."""
    name = f"S2A_MSIL{level}_{start:%Y%m%dT%H%M%S}_N{baseline}_R108_T{tile}_{generated}.SAFE"
    return {
        "Id": f"S2-{level}-{number}",
        "Name": name,
        "ContentLength": 700_000_000 + number,
        "PublicationDate": stamp(start + timedelta(hours=6), 6),
        "Online": True,
        "S3Path": f"/eodata/Sentinel-2/{name}",
        "Checksum": [{"Algorithm": "BLAKE3", "Value": "AB" * 32}],
        "ContentDate": {"Start": stamp(start), "End": stamp(start)},
        "Footprint": f"geography'SRID=4326;{SQUARE.wkt}'",
        "GeoFootprint": shapely.geometry.mapping(SQUARE),
        "Attributes": [
            attribute("productType", f"S2MSI{level}"),
            attribute("relativeOrbitNumber", 108),
            attribute("orbitNumber", 14914),
            attribute("tileId", tile),
            attribute("cloudCover", 12.5),
            attribute("processorVersion", f"{baseline[:2]}.{baseline[2:]}"),
        ],
    } | changes


@dataclass
class ODataService:
    """Answers Products requests as CDSE does, offset limit included.

    :param faults: each is played once, in turn, instead of the true reply; None plays the truth.
    """

    entries: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault | None] = field(default_factory=list)
    largest_offset: int = 10_000
    largest_page: int = 1000
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, url: str) -> Reply:
        parts = urlsplit(url)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.asked.append(query)
        truth = self._products(f"{parts.scheme}://{parts.netloc}{parts.path}", query)
        fault = self.faults.pop(0) if self.faults else None
        return truth if fault is None else fault(truth)

    def _products(self, address: str, query: dict[str, str]) -> Reply:
        top, skip = int(query.get("$top", 20)), int(query.get("$skip", 0))
        if skip > self.largest_offset or top > self.largest_page:
            return reply({"detail": [{"loc": ["query"], "msg": "ensure this value is less"}]}, 422)
        assert query["$orderby"] == "PublicationDate asc"
        found = [entry for entry in self.entries if matches(entry, query["$filter"])]
        found.sort(key=lambda entry: (entry["PublicationDate"], entry["Id"]))
        body: dict[str, Any] = {
            "@odata.context": "$metadata#Products",
            "value": found[skip : skip + top],
        }
        if len(found) > skip + top and skip + top <= self.largest_offset:
            following = urlencode(query | {"$skip": str(skip + top)})
            body["@odata.nextLink"] = f"{address}?{following}"
        return reply(body)


def matches(entry: dict[str, Any], text: str) -> bool:
    """Whether an entry answers a $filter, by an independent reading of the text."""
    start, published = entry["ContentDate"]["Start"], entry["PublicationDate"]
    types = [a["Value"] for a in entry["Attributes"] if a["Name"] == "productType"]
    for term in re.split(r" and (?=ContentDate|PublicationDate|Attributes|OData)", text):
        if found := re.fullmatch(r"ContentDate/Start (ge|lt) (\S+Z)", term):
            later = datetime.fromisoformat(start) >= datetime.fromisoformat(found[2])
            good = later if found[1] == "ge" else not later
        elif found := re.fullmatch(r"PublicationDate gt (\S+Z)", term):
            good = datetime.fromisoformat(published) > datetime.fromisoformat(found[1])
        elif found := re.fullmatch(r"Collection/Name eq 'SENTINEL-(\d)'", term):
            good = entry["Name"].startswith(f"S{found[1]}")
        elif found := re.fullmatch(r"Attributes/.*'productType' and .*Value eq '(.*)'\)", term):
            good = types == [found[1]]
        else:
            found = re.fullmatch(
                r"OData.CSC.Intersects\(area=geography'SRID=4326;(POLYGON .*)'\)", term
            )
            assert found, f"not understood: {term}"
            footprint = entry["GeoFootprint"] or shapely.geometry.mapping(SQUARE)
            good = shapely.from_wkt(found[1]).intersects(shapely.geometry.shape(footprint))
        if not good:
            return False
    return True


@contextmanager
def served(service: ODataService) -> Iterator[str]:
    """The service on a free port of 127.0.0.1; gives its base URL."""
    with serving(lambda request: service.answer(request.url)) as url:
        yield f"{url}/odata/v1"
