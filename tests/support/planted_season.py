"""What is planted in a hand-made season, and findings in which all of it is found."""

from __future__ import annotations

from datetime import date
from typing import Any

from dias_cbm.markers import registry

LOOKS = [date(2018, 5, 15), date(2018, 5, 20), date(2018, 5, 25), date(2018, 6, 9)]
TRUTH: dict[str, list[dict[str, Any]]] = {
    "window": [{"from": "2018-05-20", "to": "2018-06-14"}],
    "mown": [
        {"pid": 1, "days": ["2018-05-22"]},
        {"pid": 2, "days": ["2018-06-01"]},
        {"pid": 3, "days": []},
    ],
    "ploughed": [{"pid": 4, "day": "2018-05-22"}],
    "mixed": [{"pid": 5, "crops": ["winter wheat", "maize"]}],
    "clouded": [{"pid": 6, "from": "2018-06-04", "to": "2018-06-21", "mown": ["2018-06-06"]}],
}


def findings(parcels: int) -> dict[str, Any]:
    """All of it found, in a season of so many parcels; the cut of meadow 2 is hidden."""
    found = {str(pid): parcel() for pid in range(1, 7)}
    found["1"]["events"] = [event("mowing")]
    found["4"]["events"] = [event("ploughing")]
    found["5"]["states"]["homogeneity"] = ("NOT_VALID", "heterogeneous")
    found["6"]["looks"] = LOOKS[:3]
    return {
        "answers": dict.fromkeys(registry.names(), parcels),
        "parcels": found,
        "colours": {
            "meadow_mown": dict(
                zip("12346", ["green", "yellow", "red", "green", "yellow"], strict=True)
            ),
            "meadow_not_ploughed": {"1": "green", "4": "red"},
            "one_crop": {"1": "green", "5": "yellow"},
        },
    }


def parcel() -> dict[str, Any]:
    """A parcel with all looks, on which nothing was found."""
    return {"looks": list(LOOKS), "states": {"homogeneity": ("OK", "none")}, "events": []}


def event(kind: str) -> dict[str, Any]:
    """An event between the second look and the third."""
    return {"marker": kind, "kind": kind, "start": LOOKS[1], "end": LOOKS[2]}
