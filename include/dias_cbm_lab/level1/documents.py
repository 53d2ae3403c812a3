"""The XML files of a simulated GRD product, with the elements that readers use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from dias_cbm_lab.level1.flight import earth_fixed
from dias_cbm_lab.level1.imaging import Imaging
from dias_cbm_lab.level1.simulated_scene import SimulatedScene
from dias_cbm_lab.level1.tables import SimulatedTables

Floats = NDArray[np.float64]

SPEED_OF_LIGHT = 299_792_458.0
NOTE = "simulated, not from a satellite"
_PROCESSOR = "003.61"
_ROWS, _COLUMNS = 10, 21
_VECTORS_S = np.arange(-70.0, 90.0, 10.0)


@dataclass(frozen=True, slots=True)
class Geolocation:
    """Points of the image on the ellipsoid; each is (rows, columns).

    :param incidences: degrees, of every sample of the middle line.
    """

    lines: Floats
    samples: Floats
    longitude: Floats
    latitude: Floats
    slant_range: Floats
    incidence: Floats
    incidences: Floats

    @classmethod
    def of(cls, imaging: Imaging) -> Geolocation:
        """The points that ESA annotates: some twenty across, ten along."""
        lines = np.unique(np.linspace(0, imaging.lines - 1, _ROWS).round())
        samples = np.unique(np.linspace(0, imaging.samples - 1, _COLUMNS).round())
        longitude, latitude, _ = imaging.ground(lines, samples, step=1)
        times = imaging.first_line + lines * imaging.interval
        ranges = imaging.conversion.slant_range(times, samples * imaging.spacing)
        incidence = np.empty_like(ranges)
        for i, position in enumerate(imaging.flight.position(times)):
            for j in range(len(samples)):
                incidence[i, j] = _incidence(position, longitude[i, j], latitude[i, j])
        every = np.interp(np.arange(imaging.samples), samples, incidence[len(lines) // 2])
        return cls(lines, samples, longitude, latitude, ranges, incidence, every)


def stem(scene: SimulatedScene, polarisation: str, number: int) -> str:
    """The common part of the names of an image's files."""
    start, end = scene.name.split("_")[4:6]
    return (
        f"{scene.mission}-iw-grd-{polarisation}-{start}-{end}"
        f"-{scene.absolute_orbit:06d}-0289e6-{number:03d}"
    ).lower()


def write_annotation(
    path: Path, scene: SimulatedScene, imaging: Imaging, polarisation: str, grid: Geolocation
) -> None:
    """Write the annotation of one polarisation."""
    root = etree.Element("product")
    root.append(etree.Comment(NOTE))
    _header(root, scene, imaging, polarisation)
    general = etree.SubElement(root, "generalAnnotation")
    _add(
        etree.SubElement(general, "productInformation"),
        {
            "pass": "Ascending" if scene.ascending else "Descending",
            "projection": "Ground Range",
            "rangeSamplingRate": 6.434523812571428e07,
            "radarFrequency": 5.405000454334350e09,
            "azimuthSteeringRate": 1.590368784,
        },
    )
    _orbit(general, scene, imaging)
    _image(root, scene, imaging, grid)
    timing = etree.SubElement(root, "swathTiming")
    _add(timing, {"linesPerBurst": 0, "samplesPerBurst": 0})
    etree.SubElement(timing, "burstList", count="0")
    _geolocation(root, scene, imaging, grid)
    _conversion(root, scene, imaging)
    _write(path, root)


def write_tables(
    folder: Path, name: str, scene: SimulatedScene, tables: SimulatedTables, polarisation: str
) -> None:
    """Write the calibration and the noise file of one polarisation."""
    calibration = etree.Element("calibration")
    calibration.append(etree.Comment(NOTE))
    _add(etree.SubElement(calibration, "adsHeader"), {"polarisation": polarisation})
    vectors = etree.SubElement(calibration, "calibrationVectorList")
    noise = etree.Element("noise")
    noise.append(etree.Comment(NOTE))
    _add(etree.SubElement(noise, "adsHeader"), {"polarisation": polarisation})
    along = etree.SubElement(noise, "noiseRangeVectorList")
    pixels = " ".join(str(int(sample)) for sample in tables.samples)
    for line, gamma, power in zip(tables.lines, tables.gamma, tables.noise, strict=True):
        at = {"line": int(line), "pixel": pixels}
        _add(etree.SubElement(vectors, "calibrationVector"), at | {"gamma": _numbers(gamma)})
        _add(etree.SubElement(along, "noiseRangeVector"), at | {"noiseRangeLut": _numbers(power)})
    across = etree.SubElement(noise, "noiseAzimuthVectorList")
    for one in tables.scalloping:
        _add(
            etree.SubElement(across, "noiseAzimuthVector"),
            {
                "swath": one.swath,
                "firstAzimuthLine": 0,
                "firstRangeSample": one.first_sample,
                "lastAzimuthLine": scene.lines - 1,
                "lastRangeSample": one.last_sample,
                "line": " ".join(str(int(line)) for line in one.lines),
                "noiseAzimuthLut": _numbers(one.values),
            },
        )
    _write(folder / f"calibration-{name}.xml", calibration)
    _write(folder / f"noise-{name}.xml", noise)


def write_manifest(path: Path, scene: SimulatedScene) -> None:
    """Write the manifest, with the processor and the note that it is a simulation."""
    root = etree.Element("manifest")
    root.append(etree.Comment(NOTE))
    etree.SubElement(root, "software", name="Sentinel-1 IPF", version=_PROCESSOR)
    _add(root, {"product": scene.name})
    _write(path, root)


def _header(
    root: etree._Element, scene: SimulatedScene, imaging: Imaging, polarisation: str
) -> None:
    first, last = _ends(scene, imaging)
    _add(
        etree.SubElement(root, "adsHeader"),
        {
            "missionId": scene.mission,
            "productType": "GRD",
            "polarisation": polarisation,
            "mode": "IW",
            "swath": "IW",
            "startTime": first,
            "stopTime": last,
            "absoluteOrbitNumber": scene.absolute_orbit,
            "imageNumber": "001",
        },
    )


def _orbit(parent: etree._Element, scene: SimulatedScene, imaging: Imaging) -> None:
    vectors = etree.SubElement(parent, "orbitList", count=str(len(_VECTORS_S)))
    positions = imaging.flight.position(_VECTORS_S)
    velocities = imaging.flight.velocity(_VECTORS_S)
    for time, position, velocity in zip(_VECTORS_S, positions, velocities, strict=True):
        vector = etree.SubElement(vectors, "orbit")
        _add(vector, {"time": _utc(scene, float(time)), "frame": "Earth Fixed"})
        for what, values in (("position", position), ("velocity", velocity)):
            element = etree.SubElement(vector, what)
            _add(element, {axis: f"{one:.9e}" for axis, one in zip("xyz", values, strict=True)})


def _image(
    root: etree._Element, scene: SimulatedScene, imaging: Imaging, grid: Geolocation
) -> None:
    image = etree.SubElement(root, "imageAnnotation")
    first, last = _ends(scene, imaging)
    _add(
        etree.SubElement(image, "imageInformation"),
        {
            "productFirstLineUtcTime": first,
            "productLastLineUtcTime": last,
            "slantRangeTime": f"{2 * grid.slant_range[0, 0] / SPEED_OF_LIGHT:.15e}",
            "rangePixelSpacing": imaging.spacing,
            "azimuthPixelSpacing": 10.0,
            "azimuthTimeInterval": f"{imaging.interval:.15e}",
            "numberOfSamples": imaging.samples,
            "numberOfLines": imaging.lines,
        },
    )
    parent = image
    for name in ("processingInformation", "swathProcParamsList", "swathProcParams"):
        parent = etree.SubElement(parent, name)
    _add(etree.SubElement(parent, "azimuthProcessing"), {"processingBandwidth": 327.0})


def _geolocation(
    root: etree._Element, scene: SimulatedScene, imaging: Imaging, grid: Geolocation
) -> None:
    top = etree.SubElement(root, "geolocationGrid")
    points = etree.SubElement(top, "geolocationGridPointList")
    for i, line in enumerate(grid.lines):
        for j, sample in enumerate(grid.samples):
            _add(
                etree.SubElement(points, "geolocationGridPoint"),
                {
                    "azimuthTime": _utc(scene, imaging.first_line + line * imaging.interval),
                    "slantRangeTime": f"{2 * grid.slant_range[i, j] / SPEED_OF_LIGHT:.15e}",
                    "line": int(line),
                    "pixel": int(sample),
                    "latitude": f"{grid.latitude[i, j]:.12f}",
                    "longitude": f"{grid.longitude[i, j]:.12f}",
                    "height": 0.0,
                    "incidenceAngle": f"{grid.incidence[i, j]:.9f}",
                },
            )


def _conversion(root: etree._Element, scene: SimulatedScene, imaging: Imaging) -> None:
    top = etree.SubElement(root, "coordinateConversion")
    rows = etree.SubElement(top, "coordinateConversionList")
    conversion = imaging.conversion
    for time, coefficients in zip(conversion.times, conversion.coefficients, strict=True):
        _add(
            etree.SubElement(rows, "coordinateConversion"),
            {
                "azimuthTime": _utc(scene, float(time)),
                "sr0": repr(conversion.origin),
                "srgrCoefficients": " ".join(f"{one:.16e}" for one in coefficients),
            },
        )


def _ends(scene: SimulatedScene, imaging: Imaging) -> tuple[str, str]:
    last = imaging.first_line + (imaging.lines - 1) * imaging.interval
    return _utc(scene, imaging.first_line), _utc(scene, last)


def _utc(scene: SimulatedScene, seconds: float) -> str:
    return f"{scene.moment(seconds):%Y-%m-%dT%H:%M:%S.%f}"


def _incidence(position: Floats, longitude: float, latitude: float) -> float:
    lon, lat = np.radians(longitude), np.radians(latitude)
    up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    away = position - earth_fixed(longitude, latitude, 0.0)
    return float(np.degrees(np.arccos(away @ up / np.linalg.norm(away))))


def _numbers(values: Floats) -> str:
    return " ".join(f"{one:.6e}" for one in values)


def _add(element: etree._Element, texts: dict[str, Any]) -> None:
    for name, text in texts.items():
        etree.SubElement(element, name).text = str(text)


def _write(path: Path, root: etree._Element) -> None:
    path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
