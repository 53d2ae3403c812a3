"""Verdicts of the runs of outliers on one parcel, and the typical curves it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers.parcel_explanation import explain_parcel
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.data.memory import Memory
from dias_cbm.window.data.parcel import Place


def verdict(connection: Connection, season: Season, place: Place, memory: Memory) -> dict[str, Any]:
    """The newest run's verdict with its explanation, and what earlier runs said.

    :returns: ``newest`` and ``explanation`` are None where no run has judged the parcel;
        ``because`` says why there is no explanation.
    """
    values = place.values(season)
    rows = [row._asdict() for row in connection.execute(query("window/parcel_verdicts"), values)]
    for row in rows:
        row["calibrated"] = row["wrong_probability"] is not None
    explanation, because = None, None
    if rows:
        try:
            explained = explain_parcel(
                connection, rows[0]["run"], place.pid, season.name, memory.curves
            )
            explanation = asdict(explained)
        except NotEnoughData as error:
            because = error.message
    else:
        because = "no run of outliers has judged the parcel"
    return {
        "newest": rows[0] if rows else None,
        "explanation": explanation,
        "because": because,
        "history": rows,
    }


def curves(
    connection: Connection, season: Season, place: Place, cards: Sequence[Card] | None = None
) -> dict[str, Any]:
    """Typical curves of the declared and the predicted crop: 10, 50 and 90 % of trusted parcels.

    Backscatter is in dB. A window without enough parcels has no value.
    """
    values = place.values(season)
    newest = connection.execute(query("window/parcel_verdicts"), values).fetchone()
    if newest is None:
        return {"run": None, "because": "no run of outliers has judged the parcel", "series": []}
    roles = {"declared": newest.declared, "predicted": newest.predicted}
    asked = {
        "run": newest.run,
        "names": [name for name in dict.fromkeys(roles.values()) if name],
        "cards": None if cards is None else [str(card) for card in cards],
    }
    rows = connection.execute(query("window/parcel_curves"), asked).fetchall()
    return {
        "run": newest.run,
        "because": None if rows else "the run has no typical curves of these crops",
        **roles,
        "series": [_curve(season, row, roles) for row in rows],
    }


def _curve(season: Season, row: Any, roles: dict[str, str | None]) -> dict[str, Any]:
    periods = range(row.first_period, row.first_period + len(row.p50))
    return {
        "crop": row.name,
        "roles": [role for role, name in roles.items() if name == row.name],
        "card": row.card,
        "band": row.band,
        "direction": row.direction,
        "unit": "dB" if row.card == Card.BS else "as stored",
        "parcels": row.parcels,
        "window_start": [season.window(period)[0] for period in periods],
        "window_end": [season.window(period)[1] for period in periods],
        "n": row.n,
        "p10": row.p10,
        "p50": row.p50,
        "p90": row.p90,
    }
