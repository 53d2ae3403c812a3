"""The resto catalogues that CREODIAS and CDSE had before OData, as JSON and as Atom."""

from __future__ import annotations

from typing import Any

import shapely

from dias_cbm.cards import BY_KIND, RADAR_KINDS
from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters import atom
from dias_cbm.catalogue.adapters.json_path import BIGINT, INTEGER, SMALLINT, Node
from dias_cbm.catalogue.adapters.paging import Batch, Entry, PagedCatalogue, Question, iso
from dias_cbm.catalogue.area import wkt
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.catalogue.odd_entries import read_each
from dias_cbm.catalogue.raw_entry import Listed, geojson
from dias_cbm.scenes import Kind, stem

_COLLECTIONS = {"S1": "Sentinel1", "S2": "Sentinel2"}
# The groups that both services know; other products in a group are recognised by their names.
_TYPES = {
    Kind.S1_GRD: "GRD",
    Kind.S1_SLC: "SLC",
    **{kind: BY_KIND[kind].product_type for kind in RADAR_KINDS},
    Kind.S2_L1C: "L1C",
    Kind.S2_L2A: "L2A",
}
#: Spellings of a product's state that the services have used over the years.
_ONLINE = {"0": True, "34": True, "37": True, "ONLINE": True}
_OFFLINE = {"31": False, "32": False, "OFFLINE": False, "STAGING": False}


class RestoCatalogue(PagedCatalogue):
    """Search a resto service for JSON.

    :param base_url: e.g. ``https://finder.creodias.eu/resto``.
    """

    capabilities = Capabilities(published_filter=True, largest_page=1000, largest_offset=10_000)
    _form = "json"

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        del link  # continued by an offset
        reply = Node(
            self._client.get_json(self._address(asked), self._asking(asked, position)), "$"
        )
        features = reply.get("features").items()
        self._limited(features, "$.features")
        links = reply.get("properties").get("links")
        rels = [] if links.value is None else [one.get("rel").text() for one in links.items()]
        entries = read_each(features, lambda node: read_feature(node, self.platform, (asked.kind,)))
        return Batch(entries, self._goes_on("next" in rels, len(features)))

    def _goes_on(self, linked: bool, count: int) -> bool:
        # The total counts are unreliable, so a full page is never taken for the end, and a link on
        # an empty page is never taken to mean more.
        return count > 0 and (linked or count == self._page)

    def _address(self, asked: Question) -> str:
        collection = _COLLECTIONS[asked.kind.sensor]
        return f"{self._url}/api/collections/{collection}/search.{self._form}"

    def _asking(self, asked: Question, position: int) -> dict[str, str]:
        query = asked.query
        wanted = {
            "productType": _TYPES[asked.kind],
            "startDate": iso(query.start),
            "completionDate": iso(asked.late_end),
            "sortParam": "startDate",
            "sortOrder": "ascending",
            "maxRecords": str(self._page),
            "index": str(position + 1),
        }
        if query.published_after is not None:
            wanted["publishedAfter"] = iso(query.published_after)
        if asked.polygon is not None:
            wanted["geometry"] = wkt(asked.polygon)
        return wanted


class RestoAtomCatalogue(RestoCatalogue):
    """Search a resto service for Atom, which has less: no orbits, no location in the store."""

    _form = "atom"

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        del link
        feed = self._client.get_xml(self._address(asked), self._asking(asked, position))
        nodes = self._limited(atom.entries(feed), "/feed/entry")
        entries = read_each(nodes, lambda node: read_atom(node, self.platform, (asked.kind,)))
        return Batch(entries, self._goes_on("next" in atom.relations(feed), len(nodes)))


def read_feature(feature: Node, platform: str, kinds: tuple[Kind, ...]) -> Entry:
    """Read one GeoJSON feature.

    :raises SchemaChanged: it does not have the documented shape.
    """
    properties = feature.get("properties")
    name = stem(properties.get("title").name())
    product_type = properties.get("productType").text()
    product_id = feature.get("id").name()
    if skipped := raw_entry.foreign(product_id, name, product_type, kinds):
        return skipped
    services = properties.get("services")
    download = services.get("download") if isinstance(services.value, dict) else services
    size = download.get("size").counted(BIGINT) if isinstance(download.value, dict) else None
    take = properties.get("missionTakeId").value
    found = Listed(
        product_id=product_id,
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        start=properties.get("startDate").time(),
        end=properties.get("completionDate").time(),
        published=properties.get("published").moment(),
        # 0 means unknown.
        abs_orbit=properties.get("orbitNumber").counted(INTEGER),
        rel_orbit=properties.get("relativeOrbitNumber").counted(SMALLINT),
        direction=properties.get("orbitDirection").text(),
        datatake=take if isinstance(take, str) and take.startswith("G") else None,
        timeliness=properties.get("timeliness").text(),
        geometry=geojson(feature.get("geometry").value),
        location=properties.get("productIdentifier").text(),
        online=_online(properties.get("status").value),
        size=size,
        attributes=properties.value,
    )
    return raw_entry.read(found, platform, kinds)


def _online(status: Any) -> bool | None:
    return (_ONLINE | _OFFLINE).get(str(status).upper())


def read_atom(entry: Node, platform: str, kinds: tuple[Kind, ...]) -> Entry:
    """Read one Atom entry.

    :raises SchemaChanged: it does not have the documented shape.
    """
    name = stem(entry.get("title").name())
    product_id, product_type = entry.get("id").name(), entry.get("eo:productType").text()
    if skipped := raw_entry.foreign(product_id, name, product_type, kinds):
        return skipped
    found = Listed(
        product_id=product_id,
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        start=entry.get("gml:beginPosition").time(),
        end=entry.get("gml:endPosition").time(),
        published=entry.get("published").moment(),
        geometry=_outlines(entry),
    )
    return raw_entry.read(found, platform, kinds)


def _outlines(entry: Node) -> shapely.Geometry | None:
    """Polygons from ``gml:coordinates``: ``lon,lat lon,lat ...`` of each ring."""
    polygons = []
    for ring in entry.get("all").get("gml:coordinates").optional(list) or []:
        outline = atom.polygon(ring.replace(",", " "), latitude_first=False)
        if outline is not None:
            polygons.append(outline)
    return shapely.MultiPolygon(polygons) if polygons else None
