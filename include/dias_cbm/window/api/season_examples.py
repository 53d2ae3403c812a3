"""The example of a season's summary, for the description of the API."""

from __future__ import annotations

_COUNTS = {
    "expected": 412, "found": 398, "cloudy": 6, "confirmed": 5, "open": 3, "not_planned": 0,
    "not_run": 12,
}  # fmt: skip
SUMMARY = {
    "name": "dk-2018",
    "starts": "2018-01-01",
    "ends": "2018-09-30",
    "srid": 25832,
    "at": "2018-08-14T06:10:00Z",
    "parcels": 560000,
    "simulated": False,
    "sentence": "Not finished: 3 passes over tiles have no end state.",
    "failing": [{"check": "passes_ended", "count": 3, "items": ["bs S1A 44 32VNH 2018-05-11"]}],
    "cards": [{"card": "bs", **_COUNTS}],
    "months": [
        {"card": "bs", "month": "2018-05-01", **_COUNTS,
         "extracted": 41, "superseded": 0, "failed": 0}
    ],
    "gaps": [
        {"card": "bs", "cause": "not_indexed", "state": "late", "gaps": 3,
         "oldest": "2018-05-11T16:58:00Z"}
    ],
    "work": {
        "run": 7, "made_at": "2018-08-14T05:00:00Z", "confirmed": 540000, "inconclusive": 19000,
        "outlier": 1000, "decided": {"outlier": 120},
    },
    "markers": [{"marker": "mowing", "status": "OK", "reason": None, "parcels": 81000}],
    "schemes": [
        {"run": 3, "made_at": "2018-08-14T05:30:00Z", "scheme": "meadow", "colour": "green",
         "parcels": 79000}
    ],
    "running": [
        {"card": "bs", "status": "inprogress", "units": 6, "scenes": 2,
         "since": "2018-08-14T05:50:00Z", "earliest": "2018-08-13T05:40:00Z",
         "latest": "2018-08-13T16:58:00Z", "done": 310, "total": 412,
         "begun": "2018-08-14T05:50:00Z"}
    ],
}  # fmt: skip
