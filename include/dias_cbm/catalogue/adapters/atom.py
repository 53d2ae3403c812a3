"""Atom feeds of OpenSearch services, read into trees whose paths errors can name."""

from __future__ import annotations

from typing import Any

from lxml import etree
from shapely import Polygon
from shapely.errors import ShapelyError

from dias_cbm.catalogue.adapters.json_path import Node

_ATOM = "{http://www.w3.org/2005/Atom}"
#: Our prefixes by namespace; a feed may choose its own.
_PREFIXES = {
    "http://www.w3.org/2005/Atom": "",
    "http://mundi/DIAS": "DIAS:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://a9.com/-/spec/opensearch/extensions/eo/1.0/": "eo:",
    "http://a9.com/-/spec/opensearch/1.1/": "os:",
    "http://www.georss.org/georss": "georss:",
    "http://www.opengis.net/gml": "gml:",
}


def entries(feed: etree._Element) -> list[Node]:
    """The entries of a feed: the first text of each element by name, all of them under ``all``.

    :raises SchemaChanged: it is not an Atom feed.
    """
    return [
        Node(_flat(entry), f"/feed/entry[{number}]")
        for number, entry in enumerate(_feed(feed).findall(f"{_ATOM}entry"), start=1)
    ]


def relations(feed: etree._Element) -> list[str]:
    """The relations of the feed's own links, such as ``next``."""
    return [link.get("rel", "") for link in _feed(feed).findall(f"{_ATOM}link")]


def total(feed: etree._Element) -> Node:
    """``os:totalResults`` of a feed."""
    found = _feed(feed).find("{http://a9.com/-/spec/opensearch/1.1/}totalResults")
    return Node(None if found is None else found.text, "/feed/os:totalResults")


def polygon(text: str | None, *, latitude_first: bool) -> Polygon | None:
    """A polygon from coordinates separated by blanks; None if they do not form a ring.

    :param latitude_first: the order of GeoRSS.
    """
    try:
        numbers = [float(part) for part in (text or "").split()]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if not pairs:
            return None
        return Polygon([pair[::-1] for pair in pairs] if latitude_first else pairs)
    except (ValueError, ShapelyError):
        return None


def _feed(root: etree._Element) -> etree._Element:
    if root.tag != f"{_ATOM}feed":
        raise Node(None, "/feed").changed("no Atom feed")
    return root


def _flat(entry: etree._Element) -> dict[str, Any]:
    texts: dict[str, list[str]] = {}
    links = []
    for element in entry.iterdescendants():
        # Comments, instructions and unresolved entities have no name.
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element)
        key = _PREFIXES.get(name.namespace or "", "?:") + name.localname
        if key == "link":
            links.append(dict(element.attrib))
        texts.setdefault(key, []).append((element.text or "").strip())
    return {key: values[0] for key, values in texts.items()} | {"links": links, "all": texts}
