"""The OData catalogue of ONDA (closed): a ``$search`` text, no link to the next page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters.json_path import BIGINT, INTEGER, SMALLINT, Node
from dias_cbm.catalogue.adapters.paging import Batch, Entry, PagedCatalogue, Question, iso
from dias_cbm.catalogue.area import wkt
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.catalogue.odd_entries import read_each
from dias_cbm.catalogue.raw_entry import PRODUCT_TYPES, Listed, well_known
from dias_cbm.errors import BadQuery
from dias_cbm.scenes import Kind, parse_name, parse_time, stem
from dias_cbm.transport.formats import message_of

_TYPES = {**PRODUCT_TYPES, Kind.S1_GRD: "*GRD*", Kind.S1_SLC: "*SLC*"}


class OndaCatalogue(PagedCatalogue):
    """Search ONDA, or a mirror with the same protocol.

    :param base_url: e.g. ``https://catalogue.onda-dias.eu/dias-catalogue``.
    """

    capabilities = Capabilities(
        # A request for more than 2000 a page gets an error, with HTTP 200.
        published_filter=False,
        largest_page=2000,
        largest_offset=None,
    )

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        del link  # continued by an offset
        wanted = {
            "$search": f'"{_search(asked)}"',
            "$orderby": "beginPosition asc",
            "$top": str(self._page),
            "$skip": str(position),
            "$expand": "Metadata",
            "$format": "json",
        }
        reply = self._client.get_json(f"{self._url}/Products", wanted)
        values = self._limited(self._values(reply), "$.value")
        nodes = [Node(value, f"$.value[{index}]") for index, value in enumerate(values)]
        entries = read_each(nodes, lambda node: read_product(node, self.platform, (asked.kind,)))
        # There is neither a link nor a count: only an empty page is certain to be the end.
        return Batch(entries, bool(entries))

    def _values(self, reply: Any) -> list[Any]:
        values = reply.get("value") if isinstance(reply, dict) else None
        if isinstance(values, list):
            return values
        if said := message_of(reply):
            raise BadQuery(f"refused with HTTP 200: {said[:300]}", subject=self.platform)
        raise self._changed("no list at $.value")


def _search(asked: Question) -> str:
    query = asked.query
    last = query.end - timedelta(milliseconds=1)
    terms = [
        f"productType:{_TYPES[asked.kind]}",
        f"beginPosition:[{iso(query.start)} TO {iso(last)}]",
    ]
    if asked.polygon is not None:
        terms.insert(0, f'footprint:\\"Intersects({wkt(asked.polygon)})\\"')
    return " AND ".join(terms)


def read_product(product: Node, platform: str, kinds: tuple[Kind, ...]) -> Entry:
    """Read one product.

    :raises SchemaChanged: it does not have the documented shape.
    """
    file = product.get("name").name()
    name = stem(file)
    metadata = _metadata(product)

    def said(key: str) -> Node:
        return Node(metadata.get(key), f"{product.path}.Metadata[{key}].value")

    fields = parse_name(name)
    product_id, product_type = product.get("id").name(), said("productType").text()
    if skipped := raw_entry.foreign(product_id, name, product_type, kinds):
        return skipped
    start = product.get("beginPosition").time()
    end = said("endPosition").moment()
    if end is None:
        end = parse_time(fields["end"]) if "end" in fields else start
    offline = product.get("offline").optional(bool)
    found = Listed(
        product_id=product_id,
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        start=start,
        end=max(start, end),
        published=product.get("creationDate").moment(),
        abs_orbit=said("orbitNumber").counted(INTEGER),
        rel_orbit=said("relativeOrbitNumber").counted(SMALLINT),
        direction=said("orbitDirection").text(),
        slice=said("sliceNumber").counted(SMALLINT),
        timeliness=said("timeliness").text(),
        geometry=well_known(product.get("footprint").optional(str)),
        location=_location(product.get("pseudopath").text(), file),
        online=None if offline is None else not offline,
        size=product.get("size").counted(BIGINT),
        attributes=metadata,
    )
    return raw_entry.read(found, platform, kinds)


def _metadata(product: Node) -> dict[str, Any]:
    node = product.get("Metadata")
    if node.value is None:
        return {}
    return {item.get("id").name(): item.get("value").value for item in node.items()}


def _location(pseudopath: str | None, file: str) -> str | None:
    """The product's location in the store: the first of the folders that ONDA lists."""
    folder = (pseudopath or "").partition(",")[0].strip().strip("/")
    return f"/{folder}/{file}" if folder else None
