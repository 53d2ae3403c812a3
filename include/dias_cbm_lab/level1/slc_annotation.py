"""Annotation of Sentinel-1 SLC images: synthesised from a few numbers, or cut out of a real one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT
from dias_cbm.card.sar.geometry import to_earth_fixed
from dias_cbm_lab.level1.documents import NOTE
from dias_cbm_lab.level1.slc_pair import places

Floats = NDArray[np.float64]

SAMPLING_RATE = 64_345_238.125714
_FREQUENCY = 5.405000454334350e9
LINE_INTERVAL = 2.055556299999998e-3
_ORBIT_RADIUS, _SPEED = 7_071_000.0, 7_590.0
_VECTORS_S = np.arange(-60.0, 61.0, 10.0)


@dataclass(frozen=True, slots=True)
class Swath:
    """A sub-swath; the defaults are those of a real IW1, except for size and azimuth window.

    :param slant_range_time: of its first sample, two-way, s.
    :param later: lines after which its first burst begins.
    :param invalid: lines and samples without data at each edge of a burst.
    :param azimuth_window: coefficient of the Hamming window of the spectrum, 0.7 in real ones.
    :param cycle: lines from one burst's first to the next one's.
    """

    name: str = "IW1"
    slant_range_time: float = 5.334431164884956e-3
    later: int = 0
    bursts: int = 2
    lines: int = 400
    samples: int = 1200
    invalid: tuple[int, int] = (15, 30)
    cycle: int = 300
    steering_rate: float = 1.590368784
    azimuth_bandwidth: float = 327.0
    azimuth_window: float = 1.0
    fm_rate: tuple[float, ...] = (-2331.0, 4.4975e5, -7.816e7)
    doppler: tuple[float, ...] = (-10.0, 1.178e4, -1.8e7)


#: Two small neighbours that overlap by some 140 samples.
SWATHS = (
    Swath(),
    Swath(
        "IW2",
        5.334431164884956e-3 + 1000 / SAMPLING_RATE,
        later=101,
        steering_rate=0.9798633,
        azimuth_bandwidth=313.0,
        fm_rate=(-2199.0, 4.0097e5, -6.48e7),
    ),
)


@dataclass(frozen=True, slots=True)
class Pass:
    """One crossing, looking to the right.

    :param start: UTC of the first line.
    :param longitude: degrees, of the place abeam of the middle of the first line.
    :param heading: degrees from north.
    :param aside: metres by which the satellite flies to the right of its track.
    """

    start: np.datetime64
    absolute_orbit: int
    longitude: float
    latitude: float
    heading: float = 193.0
    incidence: float = 33.0
    aside: float = 0.0
    satellite: str = "S1A"

    def position(self, times: Floats) -> Floats:
        """(n, 3) m, Earth fixed, on a circle; times are seconds since ``start``."""
        radial, along, radius = self._circle()
        turn = _SPEED / radius * np.asarray(times)[:, None]
        aside = self.aside * np.cross(along, radial)
        return radius * (np.cos(turn) * radial + np.sin(turn) * along) + aside

    def velocity(self, times: Floats) -> Floats:
        """(n, 3) m/s."""
        radial, along, radius = self._circle()
        turn = _SPEED / radius * np.asarray(times)[:, None]
        return _SPEED * (np.cos(turn) * along - np.sin(turn) * radial)

    def _circle(self) -> tuple[Floats, Floats, float]:
        """Directions up and ahead at ``start``, and the radius."""
        lon, lat, heading, incidence = np.radians(
            [self.longitude, self.latitude, self.heading, self.incidence]
        )
        up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        along = np.cos(heading) * np.cross(up, east) + np.sin(heading) * east
        towards = np.cos(incidence) * up - np.sin(incidence) * np.cross(along, up)
        ground = to_earth_fixed(np.array(self.longitude), np.array(self.latitude), np.array(0.0))
        b = ground @ towards
        radial = ground + (np.sqrt(b * b - ground @ ground + _ORBIT_RADIUS**2) - b) * towards
        radius = float(np.linalg.norm(radial))
        radial /= radius
        along -= (along @ radial) * radial
        return radial, along / np.linalg.norm(along), radius


def annotation(one: Pass, swath: Swath, polarisation: str) -> bytes:
    """The annotation of a swath, with the elements that the engine reads.

    Its geolocation grid lies on the ellipsoid along the edges of the bursts.
    """
    lines = swath.bursts * swath.lines
    starts = [(swath.later + k * swath.cycle) * LINE_INTERVAL for k in range(swath.bursts)]
    last = starts[-1] + (swath.lines - 1) * LINE_INTERVAL
    root = etree.Element("product")
    root.append(etree.Comment(NOTE))
    _put(root, "adsHeader/missionId", one.satellite)
    _put(root, "adsHeader/productType", "SLC")
    _put(root, "adsHeader/polarisation", polarisation)
    _put(root, "adsHeader/mode", "IW")
    _put(root, "adsHeader/swath", swath.name)
    _put(root, "adsHeader/absoluteOrbitNumber", one.absolute_orbit)
    general = "generalAnnotation/productInformation"
    north = np.cos(np.radians(one.heading)) > 0
    _put(root, f"{general}/pass", "Ascending" if north else "Descending")
    _put(root, f"{general}/rangeSamplingRate", SAMPLING_RATE)
    _put(root, f"{general}/radarFrequency", _FREQUENCY)
    _put(root, f"{general}/azimuthSteeringRate", swath.steering_rate)
    _put_polynomials(root, one, swath, last)
    _put_orbit(root, one)
    image = "imageAnnotation/imageInformation"
    _put(root, f"{image}/productFirstLineUtcTime", _utc(one.start, starts[0]))
    _put(root, f"{image}/productLastLineUtcTime", _utc(one.start, last))
    _put(root, f"{image}/slantRangeTime", swath.slant_range_time)
    _put(root, f"{image}/rangePixelSpacing", SPEED_OF_LIGHT / 2 / SAMPLING_RATE)
    _put(root, f"{image}/azimuthPixelSpacing", 13.9)
    _put(root, f"{image}/azimuthTimeInterval", LINE_INTERVAL)
    _put(root, f"{image}/numberOfSamples", swath.samples)
    _put(root, f"{image}/numberOfLines", lines)
    parameters = "processingInformation/swathProcParamsList/swathProcParams"
    azimuth = f"imageAnnotation/{parameters}/azimuthProcessing"
    _put(root, f"{azimuth}/processingBandwidth", swath.azimuth_bandwidth)
    _put(root, f"{azimuth}/windowType", "Hamming")
    _put(root, f"{azimuth}/windowCoefficient", swath.azimuth_window)
    _put_bursts(root, one, swath, starts)
    _put_grid(root, one, swath, [*starts, last])
    return bytes(etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8"))


def _put_orbit(root: etree._Element, one: Pass) -> None:
    rows = zip(_VECTORS_S, one.position(_VECTORS_S), one.velocity(_VECTORS_S), strict=True)
    for time, position, velocity in rows:
        vector = _add(root, "generalAnnotation/orbitList", "orbit")
        _put(vector, "time", _utc(one.start, time))
        for what, values in (("position", position), ("velocity", velocity)):
            for axis, value in zip("xyz", values, strict=True):
                _put(vector, f"{what}/{axis}", value)


def _put_polynomials(root: etree._Element, one: Pass, swath: Swath, last: float) -> None:
    for time in (0.0, last):
        rate = _add(root, "generalAnnotation/azimuthFmRateList", "azimuthFmRate")
        centroid = _add(root, "dopplerCentroid/dcEstimateList", "dcEstimate")
        for element, name, values in (
            (rate, "azimuthFmRatePolynomial", swath.fm_rate),
            (centroid, "dataDcPolynomial", swath.doppler),
        ):
            _put(element, "azimuthTime", _utc(one.start, time))
            _put(element, "t0", swath.slant_range_time)
            _put(element, name, _joined(values))


def _put_bursts(root: etree._Element, one: Pass, swath: Swath, starts: list[float]) -> None:
    _put(root, "swathTiming/linesPerBurst", swath.lines)
    _put(root, "swathTiming/samplesPerBurst", swath.samples)
    line = np.arange(swath.lines)
    inside = (line >= swath.invalid[0]) & (line < swath.lines - swath.invalid[0])
    for number, start in enumerate(starts):
        burst = _add(root, "swathTiming/burstList", "burst")
        _put(burst, "azimuthTime", _utc(one.start, start))
        _put(burst, "azimuthAnxTime", 2444.0 + start)
        _put(burst, "sensingTime", _utc(one.start, start))
        first = np.where(inside, swath.invalid[1], -1)
        end = np.where(inside, swath.samples - swath.invalid[1] - 1, -1)
        _put(burst, "firstValidSample", _joined(first))
        _put(burst, "lastValidSample", _joined(end))
        _put(burst, "burstId", 110_431 + number)


def _put_grid(root: etree._Element, one: Pass, swath: Swath, times: list[float]) -> None:
    samples = np.linspace(0, swath.samples - 1, 6).round()
    delay = swath.slant_range_time + samples / SAMPLING_RATE
    longitude, latitude, height = places(
        one, np.array(times), delay * SPEED_OF_LIGHT / 2, lambda lon, _: np.zeros_like(lon)
    )
    for i, time in enumerate(times):
        for j, sample in enumerate(samples):
            point = _add(root, "geolocationGrid/geolocationGridPointList", "geolocationGridPoint")
            _put(point, "azimuthTime", _utc(one.start, time))
            _put(point, "slantRangeTime", delay[j])
            _put(point, "line", min(i * swath.lines, swath.bursts * swath.lines - 1))
            _put(point, "pixel", int(sample))
            _put(point, "latitude", latitude[i, j])
            _put(point, "longitude", longitude[i, j])
            _put(point, "height", height[i, j])
            _put(point, "incidenceAngle", one.incidence)


def cut(content: bytes, bursts: range, samples: range) -> bytes:
    """An annotation of some of the bursts and samples of a real one.

    The geolocation grid keeps its points, outside the image too.
    """
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    image = "imageAnnotation/imageInformation"
    lines = int(root.findtext("swathTiming/linesPerBurst"))
    rate = float(root.findtext("generalAnnotation/productInformation/rangeSamplingRate"))
    near = float(root.findtext(f"{image}/slantRangeTime")) + samples.start / rate
    _put(root, f"{image}/slantRangeTime", near)
    _put(root, f"{image}/numberOfSamples", len(samples))
    _put(root, f"{image}/numberOfLines", lines * len(bursts))
    _put(root, "swathTiming/samplesPerBurst", len(samples))
    kept = root.find("swathTiming/burstList")
    for index, burst in enumerate(list(kept)):
        if index not in bursts:
            kept.remove(burst)
            continue
        for name, edge in (("firstValidSample", max), ("lastValidSample", min)):
            limit = 0 if edge is max else len(samples) - 1
            values = np.array(burst.findtext(name).split(), int)
            moved = [v if v < 0 else edge(v - samples.start, limit) for v in values]
            _put(burst, name, _joined(moved))
    first = kept[0].findtext("azimuthTime")
    _put(root, f"{image}/productFirstLineUtcTime", first)
    for point in root.iter("geolocationGridPoint"):
        _put(point, "line", int(point.findtext("line")) - bursts.start * lines)
        _put(point, "pixel", int(point.findtext("pixel")) - samples.start)
    return bytes(etree.tostring(root))


def displaced(content: bytes, aside: float, lines: float) -> bytes:
    """A copy of an annotation with the satellite beside its track and the bursts a little later.

    :param aside: m to the right.
    :param lines: by which all bursts begin later.
    """
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    for vector in root.iterfind("generalAnnotation/orbitList/orbit"):
        position, velocity = (
            np.array([float(vector.findtext(f"{what}/{axis}")) for axis in "xyz"])
            for what in ("position", "velocity")
        )
        right = np.cross(velocity, position)
        position += aside * right / np.linalg.norm(right)
        for axis, value in zip("xyz", position, strict=True):
            _put(vector, f"position/{axis}", value)
    image = root.find("imageAnnotation/imageInformation")
    later = np.timedelta64(round(float(image.findtext("azimuthTimeInterval")) * lines * 1e9), "ns")
    for element in (
        image.find("productFirstLineUtcTime"),
        image.find("productLastLineUtcTime"),
        *root.iterfind("swathTiming/burstList/burst/azimuthTime"),
    ):
        element.text = str(np.datetime64(element.text, "ns") + later)
    # A place is seen when it was, so in an earlier line.
    for line in root.iterfind("geolocationGrid/geolocationGridPointList/geolocationGridPoint/line"):
        line.text = str(float(line.text) - lines)
    return bytes(etree.tostring(root))


def _put(root: etree._Element, path: str, value: object) -> None:
    """Set the text of an element; creates it and its parents if missing."""
    for tag in path.split("/"):
        below = root.find(tag)
        root = etree.SubElement(root, tag) if below is None else below
    root.text = f"{value:.15e}" if isinstance(value, float) else str(value)


def _add(root: etree._Element, path: str, tag: str) -> etree._Element:
    """A new element in a list."""
    for name in path.split("/"):
        below = root.find(name)
        root = etree.SubElement(root, name) if below is None else below
    return etree.SubElement(root, tag)


def _utc(start: np.datetime64, seconds: float) -> str:
    return str(start.astype("datetime64[ns]") + np.timedelta64(round(seconds * 1e9), "ns"))


def _joined(values: Iterable[float]) -> str:
    return " ".join(repr(value.item() if hasattr(value, "item") else value) for value in values)
