"""Example replies about the work list, for the description of the API."""

from __future__ import annotations

from typing import Any

_ROW: dict[str, Any] = {
    "kind": "outlier",
    "scheme": None,
    "pid": "1/204",
    "crop": "winter wheat",
    "holding": "H77",
    "tile": "32VNH",
    "predicted": "maize",
    "area_ha": 2.61,
    "rank": 1,
    "wrong": 0.81,
    "calibrated": False,
    "sentence": "In VH, 4 dB above winter wheat from 1 to 25 June, as maize is.",
    "decided": False,
    "finding": None,
    "assignee": "ida",
    "longitude": 9.8,
    "latitude": 55.85,
}
PAGE: dict[str, Any] = {
    "rows": [_ROW],
    "next": "WyJvdXRsaWVyIiwiIiwiMS8yMDQiXQ",
    "summary": {
        "items": 560,
        "left": 412,
        "expected_wrong_left": 301.4,
        "calibrated": False,
        "sentence": "412 of 560 are left; at least 301 of the declarations left are expected to be"
        " wrong.",
        "outlier_run": 7,
        "scheme_run": 3,
        "sample": 1,
    },
    "filter": {"kinds": ["outlier"], "crop": "winter wheat", "decided": None},
}
GROUPS: dict[str, Any] = {
    "rows": [{"name": "H77", "items": 5, "left": 4, "area_ha": 12.5, "expected_wrong_left": 2.9}],
    "next": None,
}
AROUND: dict[str, Any] = {
    "previous": None,
    "next": {**_ROW, "pid": "1/205", "rank": 2},
    "item": _ROW,
    "position": 1,
    "of": 560,
    "page_after": None,
    "sample": 1,
}
ASSIGNED: dict[str, Any] = {"changed": 1, "taken": [{"pid": "1/204", "before": "bo"}]}
