"""Range-Doppler geometry against ESA's own geolocation of real images, and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, StateVectors, read_annotation
from dias_cbm.card.sar.geometry import (
    SEMI_MAJOR_AXIS,
    SEMI_MINOR_AXIS,
    detected_coordinates,
    to_earth_fixed,
    zero_doppler,
)
from dias_cbm.card.sar.orbit import Orbit, orbit_of, read_eof, spline
from dias_cbm.errors import InconsistentProduct, OrbitFileError


@pytest.mark.real_data
def test_every_real_annotation_within_bounds(real_data: Path) -> None:
    paths = sorted((real_data / "s1").glob("*/*.SAFE/annotation/*.xml"))
    assert len(paths) == 9
    for path in paths:
        annotation = read_annotation(path)
        orbit, grid = orbit_of(annotation), annotation.grid
        points = to_earth_fixed(grid.longitude, grid.latitude, grid.height)
        times, ranges = zero_doppler(orbit, points)
        lines = (times - grid.azimuth_time) / annotation.line_interval
        assert np.abs(lines).max() < 0.02, path
        assert np.abs(ranges - grid.slant_range_time * SPEED_OF_LIGHT / 2).max() < 0.005, path


@pytest.mark.real_data
def test_ground_range_of_real_image(real_data: Path) -> None:
    (path,) = (real_data / "s1" / "sarsen_grd").glob("*.SAFE/annotation/*.xml")
    annotation = read_annotation(path)
    grid = annotation.grid
    points = to_earth_fixed(grid.longitude, grid.latitude, grid.height)
    line, sample = detected_coordinates(annotation, *zero_doppler(orbit_of(annotation), points))
    assert np.abs(sample - grid.sample).max() < 0.6
    assert np.abs(line - grid.line).max() < 0.3


def test_earth_fixed_at_pole_and_equator() -> None:
    points = to_earth_fixed(
        np.array([0.0, 90.0, 45.0]), np.array([0.0, 0.0, 90.0]), np.full(3, 7.0)
    )
    equator, pole = SEMI_MAJOR_AXIS + 7, SEMI_MINOR_AXIS + 7
    assert points == pytest.approx(
        np.array([[equator, 0, 0], [0, equator, 0], [0, 0, pole]]), abs=1e-3
    )


def straight() -> Orbit:
    """A satellite flying along y at 7 km/s, 700 km above the origin's side of x."""
    times = np.arange(0.0, 50.0, 10.0)
    positions = np.stack([np.full(5, 7.0e6), 7000.0 * times, np.zeros(5)], axis=1)
    return Orbit(
        times,
        *(_line(one) for one in (positions, np.tile([0.0, 7000.0, 0.0], (5, 1)))),
        source="test",
    )


def _line(values: np.ndarray) -> np.ndarray:
    coefficients = np.zeros((len(values) - 1, 4, 3))
    coefficients[:, 0], coefficients[:, 1] = values[:-1], np.diff(values, axis=0) / 10
    return coefficients


def test_zero_doppler_by_hand() -> None:
    points = np.array([[6.4e6, 7000.0 * 12.3, 8e5], [6.4e6, 0.0, -6e5], [np.nan, 0, 0]])
    times, ranges = zero_doppler(straight(), points)
    assert times[:2] == pytest.approx([12.3, 0.0], abs=1e-9)
    assert ranges[:2] == pytest.approx([1e6, np.hypot(6e5, 6e5)], abs=1e-6)
    assert np.isnan(times[2])


def test_nothing_beyond_the_orbits_ends() -> None:
    times, _ = zero_doppler(straight(), np.array([[6.4e6, -7000.0, 8e5], [6.4e6, 7e5, 0.0]]))
    assert np.isnan(times).all()


@pytest.mark.real_data
def test_eof_file_gives_the_same_orbit(real_data: Path, tmp_path: Path) -> None:
    path = next((real_data / "s1" / "sarsen_grd").glob("*.SAFE/annotation/*.xml"))
    annotation = read_annotation(path)
    file = (
        tmp_path / "S1B_OPER_AUX_POEORB_OPOD_20220112T112405_V20211222T225942_20211224T005942.EOF"
    )
    file.write_text(eof(annotation.state_vectors, annotation.epoch, "Sentinel-1B"))
    orbit = orbit_of(annotation, file)
    assert orbit.source == "AUX_POEORB"
    middle = np.array([annotation.first_line_time + 12.0])
    assert orbit.position(middle) == pytest.approx(orbit_of(annotation).position(middle), abs=1e-6)
    assert orbit_of(annotation).source == "annotation"

    other = tmp_path / "other.EOF"
    other.write_text(eof(annotation.state_vectors, annotation.epoch, "Sentinel-1A"))
    with pytest.raises(OrbitFileError, match=r"other\.EOF.*orbit of SENTINEL-1A"):
        orbit_of(annotation, other)
    early = annotation.state_vectors
    far = StateVectors(early.times - 3600, early.positions, early.velocities)
    other.write_text(eof(far, annotation.epoch, "Sentinel-1B"))
    with pytest.raises(OrbitFileError, match="no state vectors around"):
        read_eof(other, annotation)
    with pytest.raises(InconsistentProduct, match="do not cover"):
        spline(far, annotation, "annotation")
    other.write_text("<a><b>")
    with pytest.raises(OrbitFileError, match="is not XML"):
        orbit_of(annotation, other)


def eof(vectors: StateVectors, epoch: np.datetime64, mission: str) -> str:
    """A small orbit file in the platforms' form."""
    rows = []
    for time, position, velocity in zip(
        vectors.times, vectors.positions, vectors.velocities, strict=True
    ):
        utc = np.datetime_as_string(epoch + np.timedelta64(round(time * 1e6), "us"), unit="us")
        xyz = "".join(
            f'<{name} unit="m">{value:.6f}</{name}>'
            for name, value in zip("XYZ", position, strict=True)
        )
        speed = "".join(
            f'<V{name} unit="m/s">{value:.6f}</V{name}>'
            for name, value in zip("XYZ", velocity, strict=True)
        )
        rows.append(f"<OSV><UTC>UTC={utc}</UTC>{xyz}{speed}<Quality>NOMINAL</Quality></OSV>")
    return (
        "<?xml version='1.0'?><Earth_Explorer_File><Earth_Explorer_Header><Fixed_Header>"
        f"<Mission>{mission}</Mission></Fixed_Header><Variable_Header><Ref_Frame>EARTH_FIXED"
        "</Ref_Frame></Variable_Header></Earth_Explorer_Header><Data_Block type='xml'>"
        f"<List_of_OSVs count='{len(rows)}'>{''.join(rows)}</List_of_OSVs></Data_Block>"
        "</Earth_Explorer_File>"
    )
