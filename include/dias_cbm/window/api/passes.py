"""``/api/v1/seasons/{season}/passes`` and ``/products``: what is known of one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from dias_cbm.window import tables
from dias_cbm.window.context import Context
from dias_cbm.window.data import passes
from dias_cbm.window.rights import Right

_SCENE = {
    "obsid": 4711,
    "product": "S1A_IW_..._CARD_BS",
    "kind": "CARD_BS",
    "card": "bs",
    "platform": "cdse",
    "status": "ready",
    "cause": None,
    "why": None,
    "reason": None,
    "attempts": 1,
    "footprint": {"type": "MultiPolygon", "coordinates": []},
    "sources": [{"obsid": 4700, "product": "S1A_IW_GRDH_...", "role": "reference"}],
    "made": [],
    "extraction": [{"tile": "32VNH", "status": "extracted", "records": 16246, "seconds": 4.1}],
    "records": 16246,
}
_RUNS = [
    {"what": "ask_again", "acquisition": 4711},
    {"what": "run_day", "card": "bs", "day": "2018-05-03", "acquisition": 4711},
]
_PASS = {
    "season": "dk-2018",
    "acquisition": 4711,
    "satellite": "S1A",
    "rel_orbit": 44,
    "direction": "A",
    "time": "2018-05-03T17:00:00Z",
    "ends": "2018-05-03T17:00:25Z",
    "records": 16246,
    "scenes": [_SCENE],
    "gaps": [],
    "runs": _RUNS,
}
_PRODUCT = {"season": "dk-2018", **_SCENE, "others_of_pass": [], "gaps": [], "runs": _RUNS}


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(tags=["passes"], dependencies=[reader])

    @routes.get("/api/v1/seasons/{season}/passes/{acquisition}", responses=tables.example(_PASS))
    async def show_pass(
        request: Request, season: str, acquisition: Annotated[int, Path(ge=1, lt=2**31)]
    ) -> Response:
        """A pass by the obsid of any of its scenes: states, reasons, attempts, records, gaps.

        ``runs`` is what an operator may start for it, as ``/runs`` takes it.
        """
        found = await context.of_season(season, passes.passage, acquisition)
        return tables.answer(request, found)

    @routes.get(
        "/api/v1/seasons/{season}/products/{product:name}", responses=tables.example(_PRODUCT)
    )
    async def show_product(request: Request, season: str, product: str) -> Response:
        """A product by its obsid or its name."""
        found = await context.of_season(season, passes.product, product)
        return tables.answer(request, found)

    return routes
