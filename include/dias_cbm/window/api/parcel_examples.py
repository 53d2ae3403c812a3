"""Example replies about a parcel, for the description of the API."""

from __future__ import annotations

from typing import Any

PARCEL: dict[str, Any] = {
    "season": "dk-2018",
    "starts": "2018-01-01",
    "ends": "2018-09-30",
    "pid": "1/204",
    "crop": "winter wheat",
    "attributes": {"holding_id": "H77"},
    "repaired": None,
    "note": None,
    "tile": "32VNH",
    "blk": 12,
    "pos": 204,
    "geometry": {"type": "MultiPolygon", "coordinates": []},
    "flags": [{"card": "s2", "rule": "centre", "reason": "few_pixels", "pixels": 3.0}],
    "area_ha": 2.61,
    "centre": [9.8, 55.85],
    "holding_attribute": "holding_id",
    "holding": "H77",
    "previous_season": {
        "name": "dk-2017",
        "starts": "2017-01-01",
        "ends": "2017-09-30",
        "crop": "spring barley",
    },
    "next_season": None,
}
SERIES: dict[str, Any] = {
    "season": "dk-2018",
    "pid": "1/204",
    "series": [
        {
            "card": "bs",
            "band": "VV",
            "direction": "A",
            "unit": "gamma0, linear",
            "observations": {
                "time": ["2018-05-03T17:00:00Z", "2018-05-09T17:00:00Z"],
                "obsid": [4711, None],
                "rel_orbit": [44, 44],
                "satellite": ["S1A", "S1B"],
                "pixels": [261.0, None],
                "mean": [0.1, None],
                "p25": [0.08, None],
                "p75": [0.12, None],
                "mean_db": [-10.0, None],
                "p25_db": [-10.97, None],
                "p75_db": [-9.21, None],
                "clear_share": [None, None],
                "cause": [None, "not_published"],
            },
            "windows": {
                "window_start": ["2018-05-01", "2018-05-06"],
                "window_end": ["2018-05-06", "2018-05-11"],
                "mean": [0.1, None],
                "mean_db": [-10.0, None],
                "n": [1, 0],
            },
        }
    ],
    "missed": [
        {
            "time": "2018-05-09T17:00:00Z",
            "card": "bs",
            "direction": "A",
            "cause": "not_published",
            "why": "it was acquired, but the platform has not published the product",
        }
    ],
    "scenes": {"4711": {"product": "S1A_IW_..._CARD_BS", "rule": "centre", "classes": None}},
}
GAPS: dict[str, Any] = {
    "rows": [
        {
            "card": "s2",
            "direction": "*",
            "from": "2018-05-01T10:30:00Z",
            "to": "2018-05-21T10:30:00Z",
            "days": 20.0,
            "cause": "cloudy",
            "causes": {"cloudy": 1},
            "passes": [{"time": "2018-05-11T10:30:00Z", "cause": "cloudy", "obsid": 815}],
            "products": ["S2A_MSIL2A_20180511T103021_N0500_R108_T32VNH_20180511T123000"],
            "sentence": "No optical evidence from 2018-05-01 to 2018-05-21 because clouds hide"
            " the parcel (1 pass).",
        }
    ],
    "next": None,
}
VERDICT: dict[str, Any] = {
    "newest": {
        "run": 7,
        "status": "outlier",
        "declared": "winter wheat",
        "predicted": "maize",
        "probability": 0.02,
        "wrong_at_least": 0.81,
        "calibrated": False,
        "plausible": ["maize", "beet"],
    },
    "explanation": {
        "sentence": "In VH, 4 dB above winter wheat from 1 to 25 June, as maize is.",
        "method": "occlusion",
        "remark": None,
    },
    "because": None,
    "history": [{"run": 7, "status": "outlier"}, {"run": 6, "status": "inconclusive"}],
}
CURVES: dict[str, Any] = {
    "run": 7,
    "because": None,
    "declared": "winter wheat",
    "predicted": "maize",
    "series": [
        {
            "crop": "maize",
            "roles": ["predicted"],
            "card": "bs",
            "band": "VH",
            "direction": "A",
            "unit": "dB",
            "parcels": 812,
            "window_start": ["2018-05-01"],
            "window_end": ["2018-05-06"],
            "n": [800],
            "p10": [-21.5],
            "p50": [-19.0],
            "p90": [-17.2],
        }
    ],
}
MARKERS: dict[str, Any] = {
    "rows": [
        {
            "marker": "mowing",
            "status": "OK",
            "reason": None,
            "why": None,
            "events": [{"kind": "mowing", "start_date": "2018-06-01", "end_date": "2018-06-11"}],
        }
    ],
    "next": None,
}
SCHEMES: dict[str, Any] = {
    "because": None,
    "run": 3,
    "file": "meadows.toml",
    "verdicts": [
        {
            "scheme": "extensive_meadow",
            "colour": "yellow",
            "reason": "gap",
            "sentence": "Yellow: no mowing seen between 15 June and 31 July, but ...",
        }
    ],
    "markers": [],
}
EVIDENCE: dict[str, Any] = {
    "rows": [
        {
            "obsid": 4711,
            "time": "2018-05-03T17:00:00Z",
            "card": "bs",
            "rule": "centre",
            "bands": ["VH", "VV"],
            "pixels": 261.0,
            "extraction": "extracted",
            "product": "S1A_IW_..._CARD_BS",
            "engine": {"engine": "embedded", "version": "1.4.0"},
            "sources": [{"obsid": 4700, "product": "S1A_IW_GRDH_...", "role": "reference"}],
        }
    ],
    "next": None,
}
PEERS: dict[str, Any] = {
    "rows": [{"peer": "1/205", "crop": "winter wheat", "distance_m": 120.5, "area_ha": 3.1}],
    "next": None,
    "searched_m": 1000.0,
    "sentence": "1 parcel of winter wheat lies within 1 km of 1/204.",
}
BAND: dict[str, Any] = {
    "rows": [
        {
            "card": "bs",
            "band": "VH",
            "direction": "A",
            "window_start": "2018-05-01",
            "window_end": "2018-05-05",
            "n": 42,
            "own": 0.012,
            "p10": 0.009,
            "p50": 0.013,
            "p90": 0.018,
            "side": "inside",
        }
    ],
    "next": None,
    "because": None,
    "sentences": ["1/204 stays within the band of its 42 peers."],
}
