"""The service as it describes itself: landing page, collections, queryables and OpenAPI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dias_cbm import __version__
from dias_cbm.window.ogc.collection import Collection
from dias_cbm.window.ogc.feature_request import CRS84, MOST, USUAL

JSON, GEOJSON = "application/json", "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
)
Json = dict[str, Any]


def link(rel: str, href: str, media_type: str = JSON, title: str | None = None) -> Json:
    """One link."""
    found = {"rel": rel, "type": media_type, "href": href}
    return found if title is None else found | {"title": title}


def landing(root: str) -> Json:
    """The first page.

    :param root: absolute address of the service, without a slash at the end.
    """
    return {
        "title": "CbM",
        "description": "Parcels, passes and gaps of each season",
        "links": [
            link("self", f"{root}/"),
            link("service-desc", f"{root}/api", OPENAPI, "OpenAPI"),
            link("conformance", f"{root}/conformance"),
            link("data", f"{root}/collections"),
        ],
    }


def collections(root: str, found: Iterable[Collection]) -> Json:
    """All collections."""
    return {
        "links": [link("self", f"{root}/collections")],
        "collections": [collection(root, one) for one in found],
    }


def collection(root: str, one: Collection) -> Json:
    """One collection."""
    own = f"{root}/collections/{one.id}"
    extent: Json = {"spatial": {"bbox": [one.box], "crs": CRS84}}
    if one.days is not None:
        extent["temporal"] = {
            "interval": [[f"{one.days[0]}T00:00:00Z", f"{one.days[1]}T23:59:59Z"]]
        }
    return {
        "id": one.id,
        "title": one.title,
        "itemType": "feature",
        "extent": extent,
        "crs": [CRS84],
        "links": [
            link("self", own),
            link("items", f"{own}/items", GEOJSON),
            link(_QUERYABLES, f"{own}/queryables", SCHEMA),
        ],
    }


def queryables(root: str, one: Collection) -> Json:
    """JSON schema of the properties that a request can ask for."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{one.id}/queryables",
        "type": "object",
        "title": one.title,
        "properties": {each.name: each.schema() for each in one.properties if each.filtered},
        "additionalProperties": False,
    }


def openapi(root: str, found: Iterable[Collection]) -> Json:
    """The service in OpenAPI 3.0: GDAL sends a filter only if it is a parameter here."""
    paths: Json = {
        "/": _get("Landing page"),
        "/conformance": _get("Conformance classes"),
        "/collections": _get("Collections"),
    }
    for one in found:
        own = f"/collections/{one.id}"
        paths[own] = _get(one.title)
        paths[f"{own}/queryables"] = _get(f"Queryables: {one.title}", SCHEMA)
        paths[f"{own}/items"] = _get(one.title, GEOJSON, _parameters(one))
        name = {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[f"{own}/items/{{featureId}}"] = _get(f"One of: {one.title}", GEOJSON, [name])
    return {
        "openapi": "3.0.3",
        "info": {"title": "CbM, OGC API Features", "version": __version__},
        "servers": [{"url": root}],
        "paths": paths,
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "basic"}}},
        "security": [{"key": []}],
    }


def _get(summary: str, media_type: str = JSON, parameters: list[Json] | None = None) -> Json:
    replies: Json = {
        "200": {"description": summary, "content": {media_type: {"schema": {"type": "object"}}}},
        "400": {"description": "a parameter is not known, or has an impossible value"},
        "401": {"description": "log in, or send an API key as Basic password"},
    }
    return {"get": {"summary": summary, "parameters": parameters or [], "responses": replies}}


def _parameters(one: Collection) -> list[Json]:
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    crs = {"type": "string", "enum": [CRS84]}
    known = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
        _query("bbox", numbers) | {"style": "form", "explode": False},
        _query("bbox-crs", crs),
        _query("crs", crs),
        _query("datetime", {"type": "string"}),
        _query("after", {"type": "string"}),
        _query("f", {"type": "string", "enum": ["json", "geojson"]}),
    ]
    return known + [_query(each.name, each.schema()) for each in one.properties if each.filtered]


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}
