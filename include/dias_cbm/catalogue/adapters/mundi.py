"""The OpenSearch catalogue of MUNDI, which is closed: Atom, 50 entries a page."""

from __future__ import annotations

import re
from typing import Any

from dias_cbm.cards import BY_KIND, RADAR_KINDS
from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters import atom
from dias_cbm.catalogue.adapters.json_path import BIGINT, INTEGER, SMALLINT, Node
from dias_cbm.catalogue.adapters.paging import Batch, Entry, PagedCatalogue, Question, iso
from dias_cbm.catalogue.area import wkt
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.catalogue.odd_entries import read_each
from dias_cbm.catalogue.raw_entry import Listed
from dias_cbm.scenes import Kind, stem

_COLLECTIONS = {"S1": "Sentinel1", "S2": "Sentinel2"}
_ASKED = {
    **{kind: {"productType": BY_KIND[kind].product_type} for kind in RADAR_KINDS},
    Kind.S1_GRD: {"productType": "GRD"},
    Kind.S1_SLC: {"productType": "SLC"},
    Kind.S2_L1C: {"productType": "IMAGE", "processingLevel": "L1C"},
    Kind.S2_L2A: {"productType": "IMAGE", "processingLevel": "L2A"},
}
_MD5 = re.compile(r"[0-9A-Fa-f]{32}")


class MundiCatalogue(PagedCatalogue):
    """Search MUNDI, or a mirror with the same protocol.

    :param base_url: ``{collection}`` in it stands for Sentinel1 or Sentinel2, as in
        ``https://{collection}.browse.catalog.mundiwebservices.com/opensearch``.
    """

    capabilities = Capabilities(
        published_filter=False,
        # More than 50 are cut off silently.
        largest_page=50,
        largest_offset=None,
    )

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        del link  # continued by an index
        query = asked.query
        wanted = _ASKED[asked.kind] | {
            "timeStart": iso(query.start),
            "timeEnd": iso(asked.late_end),
            "format": "atom",
            "maxRecords": str(self._page),
            "startIndex": str(position + 1),
        }
        if asked.polygon is not None:
            wanted |= {"geometry": wkt(asked.polygon), "relation": "intersects"}
        url = self._url.replace("{collection}", _COLLECTIONS[asked.kind.sensor])
        feed = self._client.get_xml(url, wanted)
        total = atom.total(feed).counted(BIGINT)
        nodes = self._limited(atom.entries(feed), "/feed/entry")
        entries = read_each(nodes, lambda node: read_entry(node, self.platform, (asked.kind,)))
        return Batch(entries, self._until(total, position, len(nodes)))


def read_entry(entry: Node, platform: str, kinds: tuple[Kind, ...]) -> Entry:
    """Read one Atom entry.

    :raises SchemaChanged: it does not have the documented shape.
    """
    product_id = entry.get("id").name()
    name = stem(product_id)
    product_type = entry.get("eo:productType").text()
    if skipped := raw_entry.foreign(product_id, name, product_type, kinds):
        return skipped
    location, size = _delivery(entry)
    checksum = entry.get("DIAS:checksum").text() or ""
    state = entry.get("DIAS:onlineStatus").text()
    found = Listed(
        product_id=product_id,
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        start=entry.get("DIAS:sensingStartDate").time(),
        end=entry.get("DIAS:sensingStopDate").time(),
        published=entry.get("published").moment(),
        # MUNDI's orbitNumber is the relative orbit, startOrbitNumber the absolute one.
        abs_orbit=entry.get("DIAS:startOrbitNumber").counted(INTEGER),
        rel_orbit=entry.get("eo:orbitNumber").counted(SMALLINT),
        direction=entry.get("eo:orbitDirection").text(),
        datatake=_datatake(entry),
        tile=entry.get("DIAS:tileIdentifier").text(),
        timeliness=entry.get("DIAS:productTimeliness").text(),
        geometry=atom.polygon(entry.get("georss:polygon").text(), latitude_first=True),
        location=location,
        online=None if state is None else state.upper() == "ONLINE",
        size=size,
        checksum=f"md5:{checksum.lower()}" if _MD5.fullmatch(checksum) else None,
        attributes={
            key: value for key, value in entry.value.items() if key not in ("all", "georss:polygon")
        },
    )
    return raw_entry.read(found, platform, kinds)


def _datatake(entry: Node) -> str | None:
    """The datatake of a Sentinel-2 product; Sentinel-1 has it in the product name."""
    text = entry.get("DIAS:datatakeId").text()
    return text if text and text.startswith("G") else None


def _delivery(entry: Node) -> tuple[str | None, int | None]:
    """The product's location, None when it is offline, and its size in bytes."""
    for link in entry.get("links").items():
        href = link.get("href").text()
        if link.get("rel").text() == "enclosure" and href and href != "Not Available":
            size = link.get("length").counted(BIGINT)
            return href, size or entry.get("DIAS:productDatapackSize").counted(BIGINT)
    return None, entry.get("DIAS:productDatapackSize").counted(BIGINT)
