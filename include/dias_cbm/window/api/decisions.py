"""``/api/v1/seasons/{season}/decisions``: what people found, and what they find now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dias_cbm.outliers.finding import Finding
from dias_cbm.quality.findings import Finding as QualityFinding
from dias_cbm.window import tables
from dias_cbm.window.api.parcel_address import PARCEL
from dias_cbm.window.context import Context
from dias_cbm.window.data import decisions, quality_findings
from dias_cbm.window.data.decisions import Wanted
from dias_cbm.window.listing import Limit, Listing
from dias_cbm.window.rights import Right, User
from dias_cbm.window.tables import Rows

#: The key of a request: sent again, it changes nothing.
Key = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=100, pattern=r"^[!-~]+$")
]
_Id = Annotated[int | None, Field(ge=1, lt=2**63)]
_Run = Annotated[int | None, Field(ge=1, lt=2**31)]
_Text = Annotated[str | None, Field(min_length=1, max_length=2_000)]
_DECISION = {
    "id": 41,
    "pid": "1/204",
    "run": 7,
    "finding": "wrong",
    "true_crop": "maize",
    "decided_by": "ida",
    "user_id": "4",
    "made_at": "2018-08-15T09:30:00Z",
    "note": "seen from the road",
    "photo": "IMG_0042.jpg",
    "source": "window",
    "declared": "winter wheat",
    "withdraws": None,
    "withdrawn_by": None,
}
_DECIDED = {
    "decision": _DECISION,
    "newer": [{**_DECISION, "id": 40, "finding": "right", "decided_by": "bo"}],
    "told": "Since you looked, bo found right on 2018-08-15 09:29 UTC. All of them are kept.",
    "repeated": False,
}


_FOUND = {
    "finding": {
        "id": 7,
        "bucket": "extensive_meadow",
        "pid": "1/204",
        "finding": "compliant",
        "inspector": "ida",
        "recorded_at": "2018-08-15T09:30:00Z",
        "reason": "",
        "colour": "",
        "photo": None,
        "replaced_by": None,
    },
    "newer": [],
    "repeated": False,
}
_LISTED = Listing("decisions", decisions.COLUMNS, lambda row: (row["id"],), (int,))


class Wish(BaseModel):
    """A decision on a parcel.

    ``seen`` is the id of the newest decision on the parcel that the page showed: the reply names
    those that came after it. ``withdraws`` takes a decision back, in place of a finding.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"pid": "1/204", "finding": "wrong", "true_crop": "maize", "seen": None},
                {"pid": "1/204", "withdraws": 41, "seen": 41},
            ]
        },
    )

    pid: str = Field(min_length=1, max_length=1_000)
    finding: Finding | None = None
    true_crop: str | None = Field(default=None, min_length=1, max_length=300)
    note: _Text = None
    photo: _Text = None
    run: _Run = None
    made_at: AwareDatetime | None = None
    seen: _Id = None
    withdraws: _Id = None


class QualityWish(BaseModel):
    """A finding on an item of a quality sample."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"sample": 1, "group": "extensive_meadow", "pid": "1/204", "finding": "compliant"}
            ]
        },
    )

    sample: int = Field(ge=1, lt=2**31)
    group: str = Field(min_length=1, max_length=300)
    pid: str = Field(min_length=1, max_length=1_000)
    finding: QualityFinding
    reason: str = Field(default="", max_length=2_000)
    colour: str = Field(default="", pattern="^(|green|red|yellow|open)$")
    photo: _Text = None
    seen: _Run = None


def router(context: Context) -> APIRouter:
    """Reading for those who may read, deciding for those who may decide."""
    reader, decider = (Depends(context.right(one)) for one in (Right.READ, Right.DECIDE))
    routes = APIRouter(tags=["decisions"])

    @routes.get(
        "/api/v1/seasons/{season}/decisions",
        dependencies=[reader],
        responses=tables.example({"rows": [_DECISION], "next": None}),
    )
    async def list_decisions(
        request: Request,
        season: str,
        after: str | None = None,
        limit: int | None = Limit,
    ) -> Response:
        """Decisions of the season, the newest first; those taken back are among them."""

        async def read(place: Any, number: int) -> Rows:
            before = None if place is None else place[0]
            return await context.of_season(season, decisions.page, before=before, limit=number)

        return await _LISTED.answer(context, request, read, after, limit)

    @routes.post(
        "/api/v1/seasons/{season}/decisions",
        status_code=201,
        responses={201: tables.example(_DECIDED)[200]},
    )
    async def decide(
        season: str, wish: Wish, user: User = decider, key: Key = None
    ) -> dict[str, Any]:
        """Record what was found on a parcel, or take a decision back.

        Nothing is overwritten: of two inspectors at once both decisions are kept, and the reply to
        the later one names the earlier. With a header ``Idempotency-Key`` a request may be sent
        again.
        """
        wanted = Wanted(**wish.model_dump())
        return await context.of_season(season, decisions.decide, wanted, user, key)

    @routes.post(
        "/api/v1/seasons/{season}/quality/findings",
        status_code=201,
        responses={201: tables.example(_FOUND)[200]},
    )
    async def find(
        season: str, wish: QualityWish, user: User = decider, key: Key = None
    ) -> dict[str, Any]:
        """Record a finding on an item of a quality sample.

        If nobody can tell, the reply names the parcel that takes its place.
        """
        found = wish.model_dump()
        return await context.of_season(
            season, quality_findings.find, user=user, request=key, **found
        )

    @routes.get(
        PARCEL + "/decisions",
        dependencies=[reader],
        responses=tables.example({"rows": [{**_DECISION, "in_force": True}], "next": None}),
    )
    async def list_history(request: Request, season: str, pid: str) -> Response:
        """All decisions on one parcel, the newest first; one is in force."""
        rows = await context.of_season(season, decisions.history, pid)
        columns = (*decisions.COLUMNS, "in_force")
        return tables.table(request, rows, columns=columns, name="decisions-on-parcel")

    return routes
