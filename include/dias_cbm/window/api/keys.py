"""``/api/v1/keys``: a user's own API keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dias_cbm.window import keys, tables
from dias_cbm.window.context import Context
from dias_cbm.window.keys import Key
from dias_cbm.window.rights import Right, User

_KEY = {
    "id": 4,
    "user_id": "4",
    "user_name": "ida",
    "label": "QGIS at the office",
    "rights": ["read"],
    "seasons": None,
    "created_at": "2018-08-15T06:12:00Z",
    "expires_at": "2018-11-13T06:12:00Z",
    "last_used_at": None,
    "revoked_at": None,
}


class Wish(BaseModel):
    """A key to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"label": "QGIS at the office", "days": 90}]},
    )

    label: str = Field(max_length=keys.MOST_LABEL)
    days: int = Field(default=90, ge=1, le=keys.LONGEST_DAYS)
    rights: list[Right] = Field(default=[Right.READ], max_length=len(Right))
    seasons: list[str] | None = Field(default=None, max_length=100)


def router(context: Context) -> APIRouter:
    """The routes for those who are logged in themselves; a key makes no keys."""
    routes = APIRouter(prefix="/api/v1/keys", tags=["keys"])
    person = Depends(context.person)

    @routes.get("", responses=tables.example({"rows": [_KEY]}))
    async def list_keys(user: User = person) -> dict[str, list[Key]]:
        """The keys of the user, without the keys themselves."""
        return {"rows": await context.run_writing(keys.of_user, user)}

    @routes.post(
        "",
        status_code=201,
        responses={201: tables.example({"key": "cbm_...", "row": _KEY})[200]},
    )
    async def make_key(wish: Wish, user: User = person) -> dict[str, Any]:
        """Make a key; this reply is the only place that shows it."""
        made, secret = await context.run_writing(
            keys.make,
            user,
            wish.label,
            days=wish.days,
            rights=wish.rights,
            seasons=wish.seasons,
        )
        return {"key": secret, "row": made}

    @routes.delete("/{key}", status_code=204)
    async def revoke_key(key: int, user: User = person) -> None:
        """Revoke a key of the user at once."""
        if not await context.run_writing(keys.revoke, user, key):
            raise HTTPException(404, "you have no such key")

    return routes
