"""``/ogc``: OGC API Features, for QGIS, GDAL and other programs; see :mod:`dias_cbm.window.ogc`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season
from dias_cbm.window import names, replies, tables
from dias_cbm.window.addresses import base
from dias_cbm.window.context import Context
from dias_cbm.window.ogc import description, feature_request, gaps, parcels
from dias_cbm.window.ogc.collection import Collection, Feature, Page
from dias_cbm.window.ogc.description import GEOJSON, link
from dias_cbm.window.ogc.feature_request import FeatureRequest
from dias_cbm.window.ogc.passes import PassFeatures
from dias_cbm.window.replies import Body
from dias_cbm.window.rights import Right, User, may

_COLLECTION = "/collections/{season}.{kind}"
_KINDS = ("parcels", "passes", "gaps")


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    service = _Service(context)
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(prefix="/ogc", tags=["ogc"], dependencies=[reader], include_in_schema=False)

    @routes.get("")
    @routes.get("/")
    async def landing(request: Request) -> Response:
        return tables.answer(request, description.landing(_root(request, context)))

    @routes.get("/conformance")
    async def conformance(request: Request) -> Response:
        return tables.answer(request, {"conformsTo": description.CONFORMANCE})

    @routes.get("/api")
    async def api(request: Request, user: User = reader) -> Response:
        found = await context.run(service.collections, user)
        body = tables.as_json(description.openapi(_root(request, context), found))
        return replies.reply(request, body, description.OPENAPI)

    @routes.get("/collections")
    async def collections(request: Request, user: User = reader) -> Response:
        found = await context.run(service.collections, user)
        return tables.answer(request, description.collections(_root(request, context), found))

    @routes.get(_COLLECTION)
    async def collection(request: Request, season: str, kind: str) -> Response:
        found = await context.run(service.collection, season, kind)
        return tables.answer(request, description.collection(_root(request, context), found))

    @routes.get(f"{_COLLECTION}/queryables")
    async def queryables(request: Request, season: str, kind: str) -> Response:
        found = await context.run(service.collection, season, kind)
        body = tables.as_json(description.queryables(_root(request, context), found))
        return replies.reply(request, body, description.SCHEMA)

    @routes.get(f"{_COLLECTION}/items")
    async def items(request: Request, season: str, kind: str) -> Response:
        given = request.query_params.multi_items()
        own = f"{_root(request, context)}/collections/{quote(f'{season}.{kind}')}"
        body = await context.run(service.items, season, kind, given, own)
        return replies.reply_of(request, body, GEOJSON)

    @routes.get(f"{_COLLECTION}/items/{{feature:name}}")
    async def item(request: Request, season: str, kind: str, feature: str) -> Response:
        own = f"{_root(request, context)}/collections/{quote(f'{season}.{kind}')}"
        body = await context.run(service.item, season, kind, feature, own)
        return replies.reply(request, body, GEOJSON)

    return routes


class _Service:
    """Answers with a connection, in a thread of the gate."""

    def __init__(self, context: Context) -> None:
        self._maps, self._passes = context.maps, PassFeatures(context.memory)

    def collections(self, connection: Connection, user: User) -> list[Collection]:
        return [
            self._collection(connection, season, kind)
            for season in seasons.all_seasons(connection)
            if may(user, Right.READ, season.name)
            for kind in _KINDS
        ]

    def collection(self, connection: Connection, name: str, kind: str) -> Collection:
        return self._collection(connection, seasons.get(connection, name), kind)

    def items(
        self, connection: Connection, name: str, kind: str, given: list[tuple[str, str]], own: str
    ) -> Body:
        season = seasons.get(connection, name)
        asked = feature_request.read(given, self._collection(connection, season, kind).filters)
        # Megabytes are compressed here, in a thread of the gate.
        return Body.of(_written(self._page(connection, season, kind, asked), given, own))

    def item(self, connection: Connection, name: str, kind: str, feature: str, own: str) -> bytes:
        season = seasons.get(connection, name)
        found = self._one(connection, season, kind, feature)
        if found is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such feature")
        links = [
            link("self", f"{own}/items/{names.segment(feature)}", GEOJSON),
            link("collection", own),
        ]
        return _feature(found)[:-1] + b',"links":' + tables.as_json(links) + b"}"

    def _collection(self, connection: Connection, season: Season, kind: str) -> Collection:
        if kind == "parcels":
            known = parcels.classes(connection, self._maps, season)
            return parcels.collection(season, known)
        if kind == "passes":
            return self._passes.collection(season)
        if kind == "gaps":
            return gaps.collection(season)
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such collection")

    def _page(
        self, connection: Connection, season: Season, kind: str, asked: FeatureRequest
    ) -> Page:
        if kind == "parcels":
            known = parcels.classes(connection, self._maps, season)
            return parcels.page(connection, self._maps, season, known, asked)
        if kind == "passes":
            return self._passes.page(connection, season, asked)
        return gaps.page(connection, season, asked)

    def _one(self, connection: Connection, season: Season, kind: str, name: str) -> Feature | None:
        self._collection(connection, season, kind)
        if kind == "parcels":
            known = parcels.classes(connection, self._maps, season)
            return parcels.one(connection, season, known, name)
        if kind == "passes":
            return self._passes.one(connection, season, name)
        return gaps.one(connection, season, name)


def _root(request: Request, context: Context) -> str:
    return f"{base(request, context)}ogc"


def _written(page: Page, given: list[tuple[str, str]], own: str) -> bytes:
    """A page as GeoJSON; outlines are texts already, and are not read again."""
    links = [link("self", _address(f"{own}/items", given), GEOJSON), link("collection", own)]
    if page.after is not None:
        kept = [one for one in given if one[0] != "after"]
        there = _address(f"{own}/items", [*kept, ("after", page.after)])
        links.append(link("next", there, GEOJSON))
    head = {
        "type": "FeatureCollection",
        "numberReturned": len(page.features),
        "links": links,
    }
    features = b",".join(_feature(one) for one in page.features)
    return tables.as_json(head)[:-1] + b',"features":[' + features + b"]}"


def _feature(one: Feature) -> bytes:
    geometry = b"null" if one.geometry is None else one.geometry.encode()
    head: dict[str, Any] = {"type": "Feature", "id": one.id, "properties": one.properties}
    return tables.as_json(head)[:-1] + b',"geometry":' + geometry + b"}"


def _address(path: str, values: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(values)}" if values else path
