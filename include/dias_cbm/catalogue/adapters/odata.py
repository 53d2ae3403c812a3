"""The OData v4 catalogue of CDSE, CREODIAS and the local DIAS."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shapely import Polygon

from dias_cbm.catalogue.adapters.json_path import Node
from dias_cbm.catalogue.adapters.odata_entry import PRODUCT_TYPES, read_entry
from dias_cbm.catalogue.adapters.paging import Batch, PagedCatalogue, Question, iso
from dias_cbm.catalogue.area import wkt
from dias_cbm.catalogue.base import Capabilities, Query, Tombstone
from dias_cbm.catalogue.odd_entries import Odd, SetAside, read_each
from dias_cbm.errors import TooManyResults
from dias_cbm.scenes import Kind, stem
from dias_cbm.transport.formats import message_of

log = logging.getLogger(__name__)

_COLLECTIONS = {"S1": "SENTINEL-1", "S2": "SENTINEL-2"}


class ODataCatalogue(PagedCatalogue):
    """Search for products by sensing time, publication time, type and area.

    The service takes one polygon per request and is fastest with one product type.

    :param base_url: e.g. ``https://catalogue.dataspace.copernicus.eu/odata/v1``.
    """

    capabilities = Capabilities(
        published_filter=True, largest_page=1000, largest_offset=10_000, deletions=True
    )

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        parameters = {
            "$filter": filter_text(asked.query, asked.kind, asked.polygon),
            "$orderby": "PublicationDate asc",
            "$top": str(self._page),
            "$expand": "Attributes",
            "$skip": str(link or 0),
        }
        reply = self._client.get_json(f"{self._url}/Products", parameters)
        values = self._entries(reply)
        entries = read_each(
            _nodes(values),
            lambda node: read_entry(node.value, node.path, self.platform, (asked.kind,)),
        )
        offered = self._next_position(reply, link or 0)
        # Never go beyond what was read: more entries may follow a short page.
        following = (link or 0) + len(values) if values or offered is None else offered
        return Batch(entries, offered is not None or len(values) >= self._page, following)

    def _entries(self, reply: Any) -> list[Any]:
        entries = reply.get("value") if isinstance(reply, dict) else None
        if not isinstance(entries, list):
            said = message_of(reply) or type(reply).__name__
            raise self._changed(f"no list at value; the reply says: {said[:300]}")
        if len(entries) > self._page:
            raise self._changed(f"{len(entries)} entries at value, {self._page} were asked for")
        return entries

    def _next_position(self, reply: dict[str, Any], position: int) -> int | None:
        """The offset in the service's next link; None if there is no link.

        The link is checked and its offset used; an address from a reply is never requested.
        """
        link = reply.get("@odata.nextLink")
        if link is None:
            return None
        if not isinstance(link, str):
            raise self._changed("no offset in @odata.nextLink")
        try:
            offered = int(self._own(link, "@odata.nextLink").params["$skip"])
        except (KeyError, ValueError):
            raise self._changed("no offset in @odata.nextLink") from None
        if offered <= position:
            raise self._changed("@odata.nextLink does not advance")
        return offered

    def deleted(
        self, since: datetime, kinds: tuple[Kind, ...] = tuple(Kind)
    ) -> Iterator[Tombstone]:
        """Every product deleted since a moment, the earliest first.

        :param since: aware UTC.
        :raises CatalogueError: as :meth:`search`.
        """
        for collection in sorted({_COLLECTIONS[kind.sensor] for kind in kinds}):
            position, aside = 0, SetAside()
            while True:
                parameters = {
                    "$filter": f"Collection/Name eq '{collection}'"
                    f" and DeletionDate ge {iso(since)}",
                    "$orderby": "DeletionDate asc",
                    "$top": str(self._page),
                    "$skip": str(position),
                }
                reply = self._client.get_json(f"{self._url}/DeletedProducts", parameters)
                values = self._entries(reply)
                stones = read_each(_nodes(values), _tombstone)
                aside.note(stones)
                for stone in stones:
                    if isinstance(stone, Odd):
                        log.warning("%s: deletion left out: %s", self.platform, stone.error)
                    else:
                        yield stone
                offered = self._next_position(reply, position)
                position = position + len(values)
                if not values or (offered is None and len(values) < self._page):
                    aside.check()
                    break
                if position > (self.capabilities.largest_offset or position):
                    raise TooManyResults(
                        "more deletions than the platform lists",
                        subject=self.platform,
                        hint="look more often",
                    )


def _nodes(values: list[Any]) -> list[Node]:
    return [Node(value, f"value[{index}]") for index, value in enumerate(values)]


def _tombstone(node: Node) -> Tombstone:
    return Tombstone(
        product_id=node.get("Id").name(),
        name=stem(node.get("Name").name()),
        deleted=node.get("DeletionDate").time(),
        cause=node.get("DeletionCause").text() or "no cause given",
    )


def filter_text(query: Query, kind: Kind, polygon: Polygon | None) -> str:
    """The ``$filter`` of a query for one kind and one polygon."""
    terms = [
        f"Collection/Name eq '{_COLLECTIONS[kind.sensor]}'",
        f"ContentDate/Start ge {iso(query.start)}",
        f"ContentDate/Start lt {iso(query.end)}",
    ]
    if query.published_after is not None:
        terms.append(f"PublicationDate gt {iso(query.published_after)}")
    terms.append(
        "Attributes/OData.CSC.StringAttribute/any(att:att/Name eq 'productType'"
        f" and att/OData.CSC.StringAttribute/Value eq '{PRODUCT_TYPES[kind]}')"
    )
    if polygon is not None:
        terms.append(f"OData.CSC.Intersects(area=geography'SRID=4326;{wkt(polygon)}')")
    return " and ".join(terms)
