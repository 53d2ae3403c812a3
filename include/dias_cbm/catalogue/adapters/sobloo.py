"""The REST catalogue of SOBLOO (closed): times in milliseconds, UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters.json_path import BIGINT, INTEGER, SMALLINT, Node
from dias_cbm.catalogue.adapters.paging import Batch, Entry, PagedCatalogue, Question
from dias_cbm.catalogue.area import wkt
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.catalogue.odd_entries import read_each
from dias_cbm.catalogue.raw_entry import PRODUCT_TYPES, Listed, geojson
from dias_cbm.scenes import Kind, stem

_TYPES = {**PRODUCT_TYPES, Kind.S1_GRD: "GRD", Kind.S1_SLC: "SLC"}


class SoblooCatalogue(PagedCatalogue):
    """Search SOBLOO, or a mirror with the same protocol.

    :param base_url: e.g. ``https://sobloo.eu/api/v1/services``.
    """

    # It lists 10 000 entries, the last page included, and refuses to go beyond.
    capabilities = Capabilities(published_filter=False, largest_page=1000, largest_offset=9_000)

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        del link  # continued by an offset
        wanted: list[tuple[str, str | int | float | bool | None]] = [
            ("f", f"identification.type:eq:{_TYPES[asked.kind]}"),
            ("f", f"acquisition.beginViewingDate:gte:{_milliseconds(asked.query.start)}"),
            ("f", f"acquisition.beginViewingDate:lte:{_milliseconds(asked.query.end)}"),
            ("size", str(self._page)),
            ("from", str(position)),
        ]
        if asked.polygon is not None:
            wanted.append(("gintersect", wkt(asked.polygon)))
        address = f"{self._url}/search?{httpx.QueryParams(wanted)}"
        reply = Node(self._client.get_json(address), "$")
        hits = reply.get("hits").items()
        self._limited(hits, "$.hits")
        total = reply.get("totalnb").counted(BIGINT)
        entries = read_each(hits, lambda node: read_hit(node, self.platform, (asked.kind,)))
        return Batch(entries, self._until(total, position, len(hits)))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def read_hit(hit: Node, platform: str, kinds: tuple[Kind, ...]) -> Entry:
    """Read one hit.

    :raises SchemaChanged: it does not have the documented shape.
    """
    data = hit.get("data")
    identification, acquisition = data.get("identification"), data.get("acquisition")
    product_id = data.get("uid").name()
    name = stem(identification.get("externalId").name())
    product_type = identification.get("type").text()
    if skipped := raw_entry.foreign(product_id, name, product_type, kinds):
        return skipped
    orbit, state = data.get("orbit"), data.get("state")
    services = state.get("services")
    published = state.get("insertionDate")
    found = Listed(
        product_id=product_id,
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        satellite=acquisition.get("missionCode").text(),
        start=acquisition.get("beginViewingDate").milliseconds(),
        end=acquisition.get("endViewingDate").milliseconds(),
        published=None if published.value is None else published.milliseconds(),
        abs_orbit=orbit.get("number").counted(INTEGER),
        rel_orbit=orbit.get("relativeNumber").counted(SMALLINT),
        direction=orbit.get("direction").text(),
        tile=identification.get("tileId").text(),
        geometry=geojson(hit.get("md").get("geometry").value),
        location=data.get("archive").get("filename").text(),
        # What SOBLOO holds itself is online; it fetched the rest from elsewhere on request.
        online=_internal(services),
        attributes={
            "identification": identification.value,
            "acquisition": acquisition.value,
            "orbit": orbit.value,
            "archive": data.get("archive").value,
        },
    )
    return raw_entry.read(found, platform, kinds)


def _internal(services: Node) -> bool | None:
    download = services.get("download").text() if isinstance(services.value, dict) else None
    return None if download is None else download == "internal"
