"""The Harmonised Data Access of WEkEO, version 2: token, boxes, few attributes of a product."""

from __future__ import annotations

from typing import Any

from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters.json_path import BIGINT, Node
from dias_cbm.catalogue.adapters.paging import Batch, Entry, PagedCatalogue, Question, iso
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.catalogue.odd_entries import read_each
from dias_cbm.catalogue.raw_entry import PRODUCT_TYPES, Listed, geojson
from dias_cbm.scenes import Kind, stem

_DATASETS = {"S1": "EO:ESA:DAT:SENTINEL-1", "S2": "EO:ESA:DAT:SENTINEL-2"}


class WekeoCatalogue(PagedCatalogue):
    """Search WEkEO; orbits, tile and baseline are read from the product names.

    :param base_url: e.g. ``https://gateway.prod.wekeo2.eu/hda-broker/api/v1``.
    """

    capabilities = Capabilities(published_filter=False, largest_page=200, largest_offset=None)
    boxes_only = True

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        del link  # continued by an index
        body: dict[str, Any] = {
            "dataset_id": _DATASETS[asked.kind.sensor],
            "productType": PRODUCT_TYPES[asked.kind],
            "startdate": iso(asked.query.start),
            "enddate": iso(asked.late_end),
            "itemsPerPage": self._page,
            "startIndex": position,
        }
        if asked.polygon is not None:
            body["bbox"] = list(asked.polygon.bounds)
        reply = Node(self._client.post_json(f"{self._url}/dataaccess/search", body), "$")
        features = reply.get("features").items()
        self._limited(features, "$.features")
        total = reply.get("properties").get("totalResults").counted(BIGINT)
        entries = read_each(features, lambda node: read_feature(node, self.platform, (asked.kind,)))
        return Batch(entries, self._until(total, position, len(features)))


def read_feature(feature: Node, platform: str, kinds: tuple[Kind, ...]) -> Entry:
    """Read one feature.

    :raises SchemaChanged: it does not have the documented shape.
    """
    properties = feature.get("properties")
    product_id = feature.get("id").name()
    name = stem(product_id)
    product_type = properties.get("productType").text()
    if skipped := raw_entry.foreign(product_id, name, product_type, kinds):
        return skipped
    found = Listed(
        product_id=product_id,
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        start=properties.get("startdate").time(),
        end=properties.get("enddate").time(),
        geometry=geojson(feature.get("geometry").value),
        location=properties.get("location").text(),
        size=properties.get("size").counted(BIGINT),
        attributes=properties.value,
    )
    return raw_entry.read(found, platform, kinds)
