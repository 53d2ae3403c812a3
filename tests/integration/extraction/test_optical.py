"""Units of optical products: clear pixels, classes, indices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from card_products import l2a_xml, write_l2a
from extracted import PARCELS, REFLECTANCE, records
from fields import LoadParcels, Ready, field

from dias_cbm.db.connection import Connection
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration


def test_an_optical_scene_keeps_clear_pixels_histograms_and_ndvi(
    connection: Connection, optical: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    report = extract(connection, unit, "w")
    assert report.outcome is Outcome.EXTRACTED, report.reason
    found = records(connection, "s2_signatures")
    assert {band for _, band in found} == {"B04", "B08", "NDVI"}
    north = found["north", "B04"]
    # Two SCL pixels under it: 4 is clear, 9 is not.
    clear = np.array([1000, 1001, 1008, 1009])
    assert (north.rule, north.count) == ("centre+clear", 4)
    assert north.mean == pytest.approx((clear.mean() - 1000) / 10_000, rel=1e-6)
    red, infrared = (clear - 1000) / 1e4, (2 * clear - 1000) / 1e4
    ndvi = (infrared - red) / (infrared + red)
    assert found["north", "NDVI"].mean == pytest.approx(ndvi.mean(), rel=1e-6)
    row = connection.execute("select hist from s2_histograms where pid = 'north'").fetchone()
    assert {key: value for key, value in row.hist.items() if value} == {"4": 1, "9": 1}


def test_what_bands_and_classes_do_not_share_is_not_covered(
    connection: Connection,
    store: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_CLEAR_CLASSES", "")
    # The classes end 40 m east of the corner, B08 40 m south of it.
    bands = {"B04": REFLECTANCE, "B08": 2 * REFLECTANCE[:4]}
    xml = l2a_xml(offsets=dict.fromkeys(range(13), -1000))
    path = write_l2a(store, bands, np.full((3, 2), 4), xml=xml)
    load_parcels(PARCELS)
    _, unit = ready(path, Kind.S2_L2A)
    report = extract(connection, unit, "w")
    assert report.outcome is Outcome.EXTRACTED, report.reason
    # "narrow", at columns 5.6 to 5.9, and "outside" lie on ground that not all layers cover.
    assert report.parcels == 2
    assert "its layers share 4 x 4 pixels of B04: B04 reaches 20 south and 40 east" in caplog.text
    found = records(connection, "s2_signatures")
    assert {pid for pid, _ in found} == {"north", "overlapping"}
    assert {found["overlapping", band].count for band in ("B04", "B08", "NDVI")} == {4}
    assert found["overlapping", "B04"].mean == pytest.approx(
        (REFLECTANCE[1:3, 2:4].mean() - 1000) / 10_000, rel=1e-6
    )


def test_without_clear_classes_every_pixel_counts(
    connection: Connection,
    optical: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_CLEAR_CLASSES", "")
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    north = records(connection)["north", "B04"]
    assert (north.rule, north.count) == ("centre", 8)


def test_only_the_wanted_bands_are_extracted(
    connection: Connection,
    optical: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_S2_BANDS", "B8A,B04")
    monkeypatch.setenv("CBM_EXTRACTION_S2_INDICES", "")
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    assert {band for _, band in records(connection)} == {"B04"}


def test_indices_of_bands_that_are_not_extracted_themselves(
    connection: Connection,
    optical: Path,
    load_parcels: LoadParcels,
    ready: Ready,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_S2_BANDS", "B04")
    monkeypatch.setenv("CBM_EXTRACTION_S2_INDICES", "NDVI,BSI")
    load_parcels(PARCELS)
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    assert {band for _, band in records(connection)} == {"B04", "NDVI"}
    assert "no BSI: needs" in caplog.text


def test_the_share_of_clear_pixels_comes_with_the_signatures(
    connection: Connection, optical: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    """Class 0 is not a pixel; a parcel that has only that has no share."""
    load_parcels(PARCELS | {"all": field(0, 0, 8, 6), "nothing": field(0, 4, 2, 6)})
    _, unit = ready(optical, Kind.S2_L2A)
    extract(connection, unit, "w")
    rows = connection.execute("select * from s2_clear_share order by pid").fetchall()
    found = {row.pid: (row.pixels, row.clear, row.share) for row in rows}
    assert found["north"] == (2, 1, 0.5)
    assert found["all"] == (10, 8, 0.8)
    assert "nothing" not in found
    assert {row.season for row in rows} == {"test-2018"}
    row = connection.execute(
        "select * from clear_share_of('{4,9}') where season = 'test-2018' and pid = 'all'"
    ).fetchone()
    assert (row.pixels, row.clear, row.share) == (10, 8, 0.8)
