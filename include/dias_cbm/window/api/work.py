"""``/api/v1/seasons/{season}/work``: the work list, its groups, neighbours, export, assignment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.api import work_examples as examples
from dias_cbm.window.context import Context
from dias_cbm.window.data import work, work_assign, work_export
from dias_cbm.window.data.work import Filter, WorkLists
from dias_cbm.window.data.work_items import By, Kind, Sort
from dias_cbm.window.listing import Limit, Listing, file, made, sent
from dias_cbm.window.rights import Right, User
from dias_cbm.window.tables import Rows

_FORMATS = ("csv", "parquet", "geojson", "gpkg")
_WORK = "/api/v1/seasons/{season}/work"
_GEOPACKAGE = "application/geopackage+sqlite3"
_Pid = Annotated[str, Field(min_length=1, max_length=1_000)]


class Assignment(BaseModel):
    """Parcels, and who works on them; null: nobody."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"pids": ["1/204"], "assignee": "ida"}]}
    )

    pids: list[_Pid] = Field(min_length=1, max_length=10_000)
    assignee: str | None = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")


async def shown(
    kind: Annotated[list[Kind] | None, Query()] = None,
    scheme: str | None = None,
    crop: str | None = None,
    holding: str | None = None,
    tile: str | None = None,
    decided: bool | None = None,
    assigned: str | None = None,
) -> Filter:
    """Which items: ``assigned`` is a name, or empty for those of nobody."""
    return Filter(frozenset(kind or ()), scheme, crop, holding, tile, decided, assigned)


Shown = Annotated[Filter, Depends(shown)]


def router(context: Context) -> APIRouter:
    """Reading for those who may read, assigning for those who may decide."""
    lists = WorkLists()
    reader, decider = (Depends(context.right(one)) for one in (Right.READ, Right.DECIDE))
    routes = APIRouter(tags=["work"])

    @routes.get(_WORK, dependencies=[reader], responses=tables.example(examples.PAGE))
    async def list_work(
        request: Request,
        season: str,
        chosen: Shown,
        sort: Sort = Sort.LIST,
        backwards: bool = False,
        after: str | None = None,
        limit: int | None = Limit,
    ) -> Response:
        """Outliers, red and yellow parcels, and the quality sample, a page at a time.

        JSON tells beside the rows how many are left, and how many of them are expected wrong.
        """
        told: dict[str, Any] = {}

        async def read(place: Any, number: int) -> Rows:
            wanted = {"sort": sort, "backwards": backwards, "after": _item(place), "limit": number}
            rows, more = await context.of_season(season, _page, lists, chosen, **wanted)
            told.update(more)
            return rows

        return await _LISTED.answer(context, request, read, after, limit, lambda: told)

    @routes.get(_WORK + "/groups", dependencies=[reader], responses=tables.example(examples.GROUPS))
    async def list_groups(
        request: Request,
        season: str,
        chosen: Shown,
        by: By,
        after: str | None = None,
        limit: int | None = Limit,
    ) -> Response:
        """Items by holding, crop, tile, kind, scheme or assignee, those with most left first."""

        async def read(place: Any, number: int) -> Rows:
            start = None if place is None else (place[0], place[1])
            return await context.of_season(season, _groups, lists, chosen, by, start, number)

        listed = Listing(f"work-by-{by}", work.GROUP_COLUMNS, _group_key, (int, str))
        return await listed.answer(context, request, read, after, limit)

    @routes.get(_WORK + "/around", dependencies=[reader], responses=tables.example(examples.AROUND))
    async def show_around(
        request: Request,
        season: str,
        chosen: Shown,
        kind_of_item: Kind,
        pid: str,
        scheme_of_item: str = "",
        sort: Sort = Sort.LIST,
        backwards: bool = False,
        limit: int = Query(tables.ROWS, ge=1, le=tables.MOST_ROWS),
    ) -> Response:
        """The items before and after one under a filter; the item itself may be filtered out.

        ``page_after`` is the ``after`` of the list's page that it is on, if pages have ``limit``
        items.
        """
        item = (str(kind_of_item), scheme_of_item, pid)
        ordered = {"sort": sort, "backwards": backwards, "limit": limit}
        found = await context.of_season(season, _around, lists, chosen, item, **ordered)
        key = found["page_after"]
        return tables.answer(request, found | {"page_after": key and tables.key(key)})

    @routes.get(
        _WORK + "/export",
        dependencies=[reader],
        response_class=Response,
        responses=tables.files(
            *(tables.FORMATS[one] for one in ("csv", "parquet", "geojson")), _GEOPACKAGE
        ),
    )
    async def export(
        request: Request, season: str, chosen: Shown, sort: Sort = Sort.LIST
    ) -> Response:
        """All items that the filter shows: ``format=csv``, ``parquet``, ``geojson`` or ``gpkg``."""
        kind = request.query_params.get("format", "csv")
        if kind not in _FORMATS:
            raise HTTPException(422, f"format: one of {', '.join(_FORMATS)}")

        async def read(place: Any, number: int) -> Rows:
            wanted = {"sort": sort, "after": _item(place), "limit": number}
            return (await context.of_season(season, _page, lists, chosen, **wanted))[0]

        pages = _LISTED.pages(read)
        if kind in ("csv", "parquet"):
            return await file(context, request, pages, work.COLUMNS, "work", kind)
        shaped = _with_shapes(context, season, pages)
        if kind == "geojson":
            features = _features(context, shaped)
            body = work_export.geojson(await anext(features), features)
            return sent(request, body, tables.FORMATS["geojson"], "work.geojson")
        first = await anext(shaped)

        async def write(path: Path) -> None:
            await context.gate.thread(partial(work_export.append, path, first))
            async for rows in shaped:
                await context.gate.thread(partial(work_export.append, path, rows))

        return await made(request, write, _GEOPACKAGE, "work.gpkg")

    @routes.post(
        _WORK + "/assignments",
        status_code=201,
        responses={201: tables.example(examples.ASSIGNED)[200]},
    )
    async def assign(season: str, wish: Assignment, user: User = decider) -> dict[str, Any]:
        """Say who works on parcels, all of them or none; the reply names who had them before."""
        return await context.of_season(season, _assign, wish, user)

    return routes


def _item(place: list[Any] | None) -> work.Key | None:
    return None if place is None else (place[0], place[1], place[2])


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["kind"], row["scheme"] or "", row["pid"]


def _group_key(row: dict[str, Any]) -> tuple[int, str]:
    return row["left"], row["name"] or ""


_LISTED = Listing("work", work.COLUMNS, _key, (str, str, str))


async def _with_shapes(
    context: Context, season: str, pages: AsyncIterator[Rows]
) -> AsyncIterator[list[work_export.Shaped]]:
    async for rows in pages:
        yield await context.of_season(season, work_export.with_shapes, rows)


async def _features(
    context: Context, shaped: AsyncIterator[list[work_export.Shaped]]
) -> AsyncIterator[bytes]:
    """Pages as GeoJSON, which is too much work for the server's loop."""
    async for rows in shaped:
        yield await context.gate.thread(partial(work_export.features, rows))


def _page(
    connection: Connection, season: Season, lists: WorkLists, chosen: Filter, **wanted: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = lists.get(connection, season)
    rows = work.page(connection, season, found, chosen, **wanted)
    filters = asdict(chosen) | {"kinds": sorted(chosen.kinds)}
    return rows, {"summary": found.summary(chosen), "filter": filters}


def _groups(
    connection: Connection,
    season: Season,
    lists: WorkLists,
    chosen: Filter,
    by: By,
    after: tuple[int, str] | None,
    limit: int,
) -> list[dict[str, Any]]:
    found = lists.get(connection, season)
    return work.groups(found, chosen, by, after=after, limit=limit)


def _around(
    connection: Connection,
    season: Season,
    lists: WorkLists,
    chosen: Filter,
    item: work.Key,
    **ordered: Any,
) -> dict[str, Any]:
    found = lists.get(connection, season)
    return work.around(connection, season, found, chosen, item, **ordered)


def _assign(connection: Connection, season: Season, wish: Assignment, user: User) -> dict[str, Any]:
    return work_assign.assign(connection, season, wish.pids, wish.assignee, user)
