"""The address of a parcel in the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from dias_cbm.scenes import Card

#: A parcel's identifier may be any text; see :mod:`~dias_cbm.window.names`.
PARCEL = "/api/v1/seasons/{season}/parcels/{pid:name}"
Cards = Annotated[list[Card] | None, Query()]
