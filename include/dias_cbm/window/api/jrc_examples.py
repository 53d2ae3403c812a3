"""Example replies of JRC's query API, for the description of the API."""

from __future__ import annotations

INFO = {"areas": ["dk"], "years": ["2018"], "bands": ["B02", "VHb", "VVb"]}
PARCEL = {
    "pid": ["4711"],
    "cropname": ["barley"],
    "cropcode": ["barley"],
    "srid": [25832],
    "area": [10000.0],
    "clon": [9.8],
    "clat": [55.85],
}
PEERS = {"pid": ["4712"], "distance": [200.0]}
PIDS = {"pids": ["4712"]}
SERIES = {
    "date_part": [1525343421],
    "band": ["B08"],
    "count": [100],
    "mean": [3120.0],
    "std": [210.0],
    "min": [2600.0],
    "max": [3700.0],
    "p25": [2980.0],
    "p50": [3110.0],
    "p75": [3260.0],
    "hist": [{"4": 90, "5": 10}],
}
MARKERS = {
    "marker": ["mowing"],
    "kind": ["mowing"],
    "start_date": ["2018-06-02"],
    "end_date": ["2018-06-07"],
    "best_date": ["2018-06-04"],
    "confidence": [0.91],
    "version": ["1"],
}
WEATHER = {
    "meteo_date": ["2018-05-01"],
    "tmean": [11.5],
    "tmin": [5.0],
    "tmax": [18.0],
    "prec": [2.5],
}
