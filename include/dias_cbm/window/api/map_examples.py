"""Example replies of the map, for the description of the API."""

from __future__ import annotations

MAP = {
    "season": "dk-2018",
    "extent": [8.1, 54.6, 12.7, 57.7],
    "tiles": ["32VNH"],
    "first_zoom_with_outlines": 11,
    "last_zoom": 14,
    "holding_attribute": "journal_nr",
    "backgrounds": [{"name": "Roads", "url": "https://tiles.example/{z}/{x}/{y}.png"}],
    "colourings": [
        {
            "key": "verdict",
            "kind": "verdict",
            "of": "",
            "names": ["none", "confirmed", "inconclusive", "outlier", "right", "wrong", "unclear"],
            "marked": [3],
            "version": "992-1-7-41",
        }
    ],
}
LEGEND = {
    "colour": "verdict",
    "version": "992-1-7-41",
    "filter": {"crop": "maize", "tile": None, "holding": None, "only": []},
    "rows": [
        {"class": 3, "name": "outlier", "parcels": 12, "area_ha": 31.4, "marked": True},
    ],
}
_PARCEL = {
    "place": 8123,
    "pid": "1/204",
    "crop": "maize",
    "tile": "32VNH",
    "area_ha": 2.6,
    "longitude": 9.8,
    "latitude": 55.85,
}
SEARCH = {
    "rows": [{"pid": "1/204", "crop": "maize", "longitude": 9.8, "latitude": 55.85}],
    "next": None,
}
VIEW = {"parcels": 412, "rows": [{**_PARCEL, "class": "outlier"}], "next": None}
PLACE = _PARCEL
