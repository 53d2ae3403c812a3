"""Catalogue entries as CDSE's OData service writes them."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import shapely

from dias_cbm.scenes import Kind
from dias_cbm_lab.season.place import LABEL, TILE
from dias_cbm_lab.season.plan import Entry, Plan
from dias_cbm_lab.season.products import Written, datatake_identifier, location

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cbm:demo")
_PRODUCT_TYPE = {
    Kind.S1_GRD: "IW_GRDH_1S",
    Kind.S1_SLC: "IW_SLC__1S",
    Kind.CARD_BS: "CARD-BS",
    Kind.CARD_COH6: "CARD-COH6",
    Kind.S2_L1C: "S2MSI1C",
    Kind.S2_L2A: "S2MSI2A",
}
_DIRECTION = {"A": "ASCENDING", "D": "DESCENDING"}
#: Approximate size in bytes of level-1 products that are listed but not held.
_LEVEL1_SIZE = {Kind.S1_GRD: 1_050_000_000, Kind.S1_SLC: 4_300_000_000, Kind.S2_L1C: 760_000_000}


def compose(plan: Plan, written: Iterable[Written]) -> list[dict[str, Any]]:
    """All entries of a season.

    :param written: files written to the store, one item per stored entry.
    """
    files = {one.name: one for one in written}
    return [_entry(plan, entry, files.get(entry.name)) for entry in plan.entries]


def text(moment: datetime) -> str:
    """A time as the service writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def _entry(plan: Plan, entry: Entry, written: Written | None) -> dict[str, Any]:
    footprint = entry.grid.footprint().geoms[0]
    digits = zlib.crc32(entry.name.encode())
    size = written.size if written else _LEVEL1_SIZE[entry.kind] + digits % 10_000_000
    checksum = [{"Value": written.checksum, "Algorithm": "MD5"}] if written else []
    published = text(entry.published)
    return {
        "@odata.mediaContentType": "application/octet-stream",
        "Id": str(uuid.uuid5(_NAMESPACE, f"{plan.seed}/{entry.name}")),
        "Name": entry.name,
        "ContentType": "application/octet-stream",
        "ContentLength": size,
        "OriginDate": text(entry.published - timedelta(minutes=20)),
        "PublicationDate": published,
        "ModificationDate": published,
        "Online": entry.stored,
        "EvictionDate": "9999-12-31T23:59:59.999999Z",
        "S3Path": location(entry),
        "Checksum": [{**one, "ChecksumDate": published} for one in checksum],
        "ContentDate": {"Start": text(entry.start), "End": text(entry.end)},
        "Footprint": f"geography'SRID=4326;{footprint.wkt}'",
        "GeoFootprint": shapely.geometry.mapping(footprint),
        "Attributes": [_attribute(name, value) for name, value in _attributes(entry).items()],
    }


def _attribute(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, datetime):
        kind, value = "DateTimeOffset", text(value)
    else:
        kind = {str: "String", int: "Integer", float: "Double"}[type(value)]
    return {
        "@odata.type": f"#OData.CSC.{kind}Attribute",
        "Name": name,
        "Value": value,
        "ValueType": kind,
    }


def _attributes(entry: Entry) -> dict[str, Any]:
    one = entry.of
    common = {
        "origin": LABEL,
        "productType": _PRODUCT_TYPE[entry.kind],
        "platformShortName": f"SENTINEL-{one.satellite[1]}",
        "platformSerialIdentifier": one.satellite[2],
        "orbitNumber": one.abs_orbit,
        "relativeOrbitNumber": one.rel_orbit,
        "orbitDirection": _DIRECTION[one.direction],
        "beginningDateTime": entry.start,
        "endingDateTime": entry.end,
        "processingDate": entry.published - timedelta(minutes=30),
        "processingCenter": LABEL,
    }
    optical = entry.kind.sensor == "S2"
    return common | (_optical(entry) if optical else _radar(entry))


def _radar(entry: Entry) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "instrumentShortName": "SAR",
        "operationalMode": "IW",
        "swathIdentifier": "IW",
        "polarisationChannels": "VV&VH",
        "processingLevel": "LEVEL2" if entry.kind.card else "LEVEL1",
        "productClass": "S",
        "datatakeID": entry.of.datatake,
        "cycleNumber": entry.of.abs_orbit // 175,
        "sliceNumber": entry.slice,
        "timeliness": entry.timeliness,
    }
    if entry.earlier:
        later_slc, earlier_slc = entry.sources
        attributes |= {
            "referenceProduct": later_slc,
            "referenceDate": entry.of.start,
            "secondaryProduct": earlier_slc,
            "secondaryDate": entry.earlier.start,
            "secondaryOrbitNumber": entry.earlier.abs_orbit,
        }
    elif entry.sources:
        attributes["sourceProduct"] = entry.sources[0]
    return attributes


def _optical(entry: Entry) -> dict[str, Any]:
    return {
        "instrumentShortName": "MSI",
        "operationalMode": "INS-NOBS",
        "processingLevel": "S2MSI1C" if entry.kind is Kind.S2_L1C else "S2MSI2A",
        "tileId": TILE,
        "cloudCover": 100.0 * entry.cloud,
        "productGroupId": datatake_identifier(entry),
        "processorVersion": f"{entry.baseline[:2]}.{entry.baseline[2:]}",
    }
