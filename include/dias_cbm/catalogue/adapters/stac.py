"""STAC catalogues such as CDSE's: items by POST, filtered with CQL2, continued as they say."""

from __future__ import annotations

from typing import Any

from shapely.geometry import mapping

from dias_cbm.cards import BY_KIND, RADAR_KINDS
from dias_cbm.catalogue import raw_entry
from dias_cbm.catalogue.adapters.json_path import BIGINT, INTEGER, SMALLINT, Node
from dias_cbm.catalogue.adapters.paging import Batch, Entry, PagedCatalogue, Question, iso
from dias_cbm.catalogue.base import Capabilities
from dias_cbm.catalogue.odd_entries import read_each
from dias_cbm.catalogue.raw_entry import Listed, geojson
from dias_cbm.scenes import Kind, stem

# The platform itself has no CARD products; these are the names that a mirror uses.
_COLLECTIONS = {
    **{kind: BY_KIND[kind].label.lower() for kind in RADAR_KINDS},
    Kind.S1_GRD: "sentinel-1-grd",
    Kind.S1_SLC: "sentinel-1-slc",
    Kind.S2_L1C: "sentinel-2-l1c",
    Kind.S2_L2A: "sentinel-2-l2a",
}
#: Members of a search request that say what is asked for, not where to go on.
_QUESTION = frozenset(
    (
        *("bbox", "collections", "conf", "datetime", "fields", "filter", "filter-crs"),
        *("filter-lang", "ids", "intersects", "limit", "query", "sortby"),
    )
)
#: Members that are numbers, also where a link has them as text.
_NUMBERS = ("page", "offset", "startIndex")
#: A multihash begins with its algorithm and its length: MD5, 16 bytes.
_MD5 = "d50110"
_BUCKET = "s3:/"


class StacCatalogue(PagedCatalogue):
    """Search for items.

    :param base_url: e.g. ``https://stac.dataspace.copernicus.eu/v1``.
    """

    capabilities = Capabilities(published_filter=True, largest_page=1000, largest_offset=None)

    def _batch(self, asked: Question, position: int, link: Any) -> Batch:
        del position  # continued by what the link to the next page says
        body = _search(asked, self._page) | (link or {})
        reply = Node(self._client.post_json(f"{self._url}/search", body), "$")
        features = reply.get("features").items()
        self._limited(features, "$.features")
        entries = read_each(features, lambda node: read_item(node, self.platform, (asked.kind,)))
        following = self._following(reply)
        if following is not None and following == link:
            raise self._changed("the link does not advance at $.links")
        if following is None and len(features) == self._page:
            # A full page without a link may be the last one: the platform's count decides.
            matched = reply.get("numberMatched").counted(BIGINT)
            if matched is not None and link is None and matched > len(features):
                raise self._changed("no link to the next page at $.links")
        return Batch(entries, following is not None, following)

    def _following(self, reply: Node) -> dict[str, Any] | None:
        """What the next request adds to the question, from a link for POST or for GET.

        Usually a token; other services have a page number, a cursor or an offset.
        """
        for link in [] if reply.get("links").value is None else reply.get("links").items():
            if link.get("rel").text() != "next":
                continue
            url = self._own(link.get("href").name(), f"{link.path}.href")
            added = _added(link.get("body").optional(dict) or {}) or _added(dict(url.params))
            if not added:
                raise self._changed(f"no token at {link.path}")
            return added
        return None


def _added(request: dict[str, Any]) -> dict[str, Any]:
    """The parts of a request that are not our question itself."""
    return {
        key: int(value) if key in _NUMBERS and str(value).isdecimal() else value
        for key, value in request.items()
        if key not in _QUESTION and value not in (None, "")
    }


def _search(asked: Question, page: int) -> dict[str, Any]:
    query = asked.query
    body: dict[str, Any] = {
        "collections": [_COLLECTIONS[asked.kind]],
        # The service compares it with both ends of an item: it finds too much, never too little.
        "datetime": f"{iso(query.start)}/{iso(query.end)}",
        "limit": page,
        "sortby": [
            {"field": "properties.datetime", "direction": "asc"},
            {"field": "id", "direction": "asc"},
        ],
    }
    if asked.polygon is not None:
        body["intersects"] = mapping(asked.polygon)
    if query.published_after is not None:
        body["filter-lang"] = "cql2-json"
        moment = {"timestamp": iso(query.published_after)}
        body["filter"] = {"op": ">", "args": [{"property": "published"}, moment]}
    return body


def read_item(item: Node, platform: str, kinds: tuple[Kind, ...]) -> Entry:
    """Read one STAC item.

    :raises SchemaChanged: it does not have the documented shape.
    """
    properties = item.get("properties")
    product_id = item.get("id").name()
    name = stem(product_id)
    product_type = properties.get("product:type").text()
    if skipped := raw_entry.foreign(product_id, name, product_type, kinds):
        return skipped
    moment = properties.get("datetime").moment()
    # An item with a duration may have a null datetime; one without has only its datetime.
    start = properties.get("start_datetime").moment() or moment
    end = properties.get("end_datetime").moment() or moment
    if start is None or end is None:
        raise properties.changed("no datetime")
    size, checksum = _archive(item)
    found = Listed(
        product_id=product_id,
        name=name,
        kind=raw_entry.kind_of(name, product_type),
        product_type=product_type,
        start=start,
        end=end,
        published=properties.get("published").moment(),
        abs_orbit=properties.get("sat:absolute_orbit").number(INTEGER),
        rel_orbit=properties.get("sat:relative_orbit").number(SMALLINT),
        direction=properties.get("sat:orbit_state").text(),
        datatake=properties.get("eopf:datatake_id").text(),
        tile=(properties.get("grid:code").text() or "").removeprefix("MGRS-") or None,
        timeliness=properties.get("product:timeliness_category").text(),
        geometry=geojson(item.get("geometry").value),
        location=_location(item),
        size=size,
        checksum=checksum,
        online=_online(properties.get("order:status").text()),
        attributes=properties.value,
    )
    return raw_entry.read(found, platform, kinds)


def _location(item: Node) -> str | None:
    """The location in the store: ``/eodata/...`` from the enclosure's ``s3://eodata/...``."""
    links = item.get("links")
    for link in [] if links.value is None else links.items():
        if link.get("rel").text() == "enclosure":
            return link.get("href").name().removeprefix(_BUCKET).rstrip("/")
    return None


def _online(status: str | None) -> bool | None:
    """Whether it is online, by STAC's order extension; None where the service does not use it."""
    return None if status is None else status == "succeeded"


def _archive(item: Node) -> tuple[int | None, str | None]:
    """Size and checksum of the product as a single file."""
    assets = item.get("assets")
    for key in ("Product", "product") if assets.value is not None else ():
        asset = assets.get(key)
        if asset.value is not None:
            hashed = asset.get("file:checksum").text() or ""
            checksum = f"md5:{hashed.removeprefix(_MD5)}" if hashed.startswith(_MD5) else None
            return asset.get("file:size").number(BIGINT), checksum
    return None, None
