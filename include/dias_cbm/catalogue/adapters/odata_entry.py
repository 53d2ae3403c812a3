"""Entries of an OData catalogue, converted to scenes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters.json_path import BIGINT, INTEGER, SMALLINT, Node
from dias_cbm.catalogue.base import Quarantined, Skipped
from dias_cbm.catalogue.raw_entry import KIND_OF_TYPE, PRODUCT_TYPES, Listed, geojson, well_known
from dias_cbm.scenes import Kind, Scene, kind_of_name, parse_name, stem

__all__ = ["PRODUCT_TYPES", "read_entry"]

# Older rows have these group names instead; the product name says which type is meant.
_GROUP_TYPES = ("GRD", "SLC")


def read_entry(
    value: Any, path: str, platform: str, kinds: Collection[Kind]
) -> Scene | Quarantined | Skipped:
    """Read one entry of ``value`` of a Products reply, attributes expanded.

    :param path: of the entry in the reply, e.g. ``value[3]``.
    :param kinds: what was asked for; anything else is skipped.
    :raises SchemaChanged: it does not have the documented shape.
    """
    entry = Node(value, path)
    product_id = entry.get("Id").name()
    name = stem(entry.get("Name").name())
    attributes = _attributes(entry.get("Attributes"))
    product_type = _attribute(attributes, entry, "productType").text()
    kind = _kind(name, product_type)
    if kind is None or kind not in kinds:
        return Skipped(product_id, name, f"product type {product_type or 'unknown'}")
    found = _listed(entry, attributes, product_id, name, kind, product_type)
    return raw_entry.read(found, platform, kinds)


def _kind(name: str, product_type: str | None) -> Kind | None:
    by_name = kind_of_name(name)
    if product_type is None or product_type in _GROUP_TYPES:
        return by_name
    if parse_name(name).get("suffix") == "_COG":
        return None
    return KIND_OF_TYPE.get(product_type)


def _listed(
    entry: Node,
    attributes: Mapping[str, Any],
    product_id: str,
    name: str,
    kind: Kind,
    product_type: str | None,
) -> Listed:
    def attribute(key: str) -> Node:
        return _attribute(attributes, entry, key)

    fields = parse_name(name)
    content = entry.get("ContentDate")
    datatake = attribute("datatakeID").number(BIGINT)
    group = None if "datatake" in fields else attribute("productGroupId").text()
    return Listed(
        product_id=product_id,
        name=name,
        kind=kind,
        product_type=product_type,
        satellite=None if "satellite" in fields else _satellite(entry, attributes),
        start=content.get("Start").time(),
        end=content.get("End").time(),
        published=entry.get("PublicationDate").time(),
        abs_orbit=attribute("orbitNumber").number(INTEGER),
        rel_orbit=attribute("relativeOrbitNumber").number(SMALLINT),
        direction=attribute("orbitDirection").text(),
        datatake=group if datatake is None else str(datatake),
        slice=attribute("sliceNumber").number(SMALLINT),
        tile=attribute("tileId").text(),
        baseline=attribute("processorVersion").text(),
        timeliness=attribute("timeliness").text(),
        geometry=geojson(entry.get("GeoFootprint").optional(dict))
        or well_known(entry.get("Footprint").optional(str)),
        location=entry.get("S3Path").text(),
        online=entry.get("Online").optional(bool),
        # Rows migrated in 2017 have size 0, which means unknown.
        size=entry.get("ContentLength").number(BIGINT),
        checksum=_checksum(entry.get("Checksum")),
        attributes=attributes,
    )


def _attributes(node: Node) -> dict[str, Any]:
    return {item.get("Name").name(): item.get("Value").value for item in node.items()}


def _attribute(attributes: Mapping[str, Any], entry: Node, name: str) -> Node:
    return Node(attributes.get(name), f"{entry.path}.Attributes[{name}].Value")


def _satellite(entry: Node, attributes: Mapping[str, Any]) -> str:
    """E.g. ``S1A`` from ``SENTINEL-1`` and ``A``, for names that do not begin with it."""
    mission = _attribute(attributes, entry, "platformShortName").name()
    serial = _attribute(attributes, entry, "platformSerialIdentifier").name()
    return f"S{mission[-1:]}{serial}"


def _checksum(node: Node) -> str | None:
    """``algorithm:hex``; MD5 where available, because every tool can check it."""
    items = [] if node.value is None else node.items()
    sums = {
        item.get("Algorithm").name().lower(): item.get("Value").name().lower() for item in items
    }
    algorithm = "md5" if "md5" in sums else next(iter(sums), None)
    return None if algorithm is None else f"{algorithm}:{sums[algorithm]}"
