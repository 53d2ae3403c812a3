"""The annotation of a Sentinel-1 Level-1 image, as numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from dias_cbm.card.sar.geolocation_grid import GeolocationGrid
from dias_cbm.card.sar.ordered import in_order
from dias_cbm.card.sar.utc import seconds_since
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.raster import parse_xml

SPEED_OF_LIGHT = 299_792_458.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StateVectors:
    """Orbit state vectors: positions and velocities of the satellite.

    :param times: (n,) seconds since the annotation's epoch, ascending.
    :param positions: (n, 3) m, Earth fixed.
    :param velocities: (n, 3) m/s.
    """

    times: Floats
    positions: Floats
    velocities: Floats


@dataclass(frozen=True, slots=True)
class RangePolynomial:
    """A polynomial in two-way slant range time, valid around one azimuth time.

    Its value at slant range time tau [s] is ``sum(coefficients[k] * (tau - t0) ** k)``.

    :param azimuth_time: s since the epoch.
    :param t0: s.
    :param coefficients: in Hz, Hz/s, ...: of the Doppler centroid, or in Hz/s, ...: of the
        azimuth FM rate.
    """

    azimuth_time: float
    t0: float
    coefficients: Floats

    def __call__(self, slant_range_time: Floats) -> Floats:
        """The polynomial's value at two-way slant range times [s]."""
        powers = np.polynomial.polynomial.polyval(slant_range_time - self.t0, self.coefficients)
        return np.asarray(powers, float)


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst of a TOPS swath.

    :param azimuth_time: zero-Doppler time of its first line, s since the epoch.
    :param anx_time: the same since the ascending node, s.
    :param sensing_time: of its first line, s since the epoch.
    :param burst_id: the same for every pass over this place (within one relative orbit); None
        before IPF 3.40.
    :param first_valid: (lines,) first valid sample of each line, -1 for a line without.
    :param last_valid: (lines,) last valid sample, inclusive.
    """

    azimuth_time: float
    anx_time: float
    sensing_time: float
    burst_id: int | None
    first_valid: NDArray[np.int64]
    last_valid: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroundRanges:
    """Slant range to ground range, at some azimuth times (``coordinateConversion``).

    Ground range [m] is ``sum(coefficients[i, k] * (slant_range - origins[i]) ** k)``.

    :param times: (n,) s since the epoch, ascending.
    :param origins: (n,) m.
    :param coefficients: (n, terms), of the power k in column k.
    """

    times: Floats
    origins: Floats
    coefficients: Floats


@dataclass(frozen=True, slots=True)
class Annotation:
    """The annotation of one swath and polarisation.

    Times are seconds since ``epoch``, which is midnight before the first line: the same for all
    images of a product, unless it spans midnight.

    :param direction: ``A`` ascending, ``D`` descending.
    :param first_line_time: zero-Doppler time of line 0.
    :param line_interval: s.
    :param slant_range_time: two-way, of sample 0 (of an SLC), s.
    :param range_sampling_rate: Hz.
    :param radar_frequency: Hz.
    :param steering_rate: of the antenna in azimuth, rad/s.
    :param azimuth_bandwidth: processed, Hz; of a GRD that of its first swath.
    :param azimuth_window: coefficient ``a`` of the Hamming window over that bandwidth, by which the
        processor weights amplitudes: ``a + (1 - a) cos(2 pi f / bandwidth)``; 1 for none and of a
        GRD.
    :param range_spacing: m between samples.
    :param azimuth_spacing: m between lines.
    :param bursts: empty for a GRD.
    :param doppler_centroid: Hz, from the data; in the order of the file, as is ``fm_rate``: of
        assembled slices one list after the other, which overlap in time.
    :param fm_rate: Hz/s.
    :param ground_ranges: None for an SLC.
    :param level: amplitude of the image, as root of the mean square; None if it is not annotated.
    """

    path: Path
    mission: str
    product_type: str
    swath: str
    polarisation: str
    direction: str
    absolute_orbit: int
    epoch: np.datetime64
    first_line_time: float
    last_line_time: float
    line_interval: float
    slant_range_time: float
    range_sampling_rate: float
    radar_frequency: float
    steering_rate: float
    azimuth_bandwidth: float
    azimuth_window: float
    range_spacing: float
    azimuth_spacing: float
    samples: int
    lines: int
    lines_per_burst: int
    bursts: tuple[Burst, ...]
    state_vectors: StateVectors
    doppler_centroid: tuple[RangePolynomial, ...]
    fm_rate: tuple[RangePolynomial, ...]
    ground_ranges: GroundRanges | None
    grid: GeolocationGrid
    level: float | None

    @property
    def wavelength(self) -> float:
        """In m."""
        return SPEED_OF_LIGHT / self.radar_frequency

    def time_of(self, seconds: float) -> np.datetime64:
        """Seconds since the epoch as UTC."""
        return self.epoch + np.timedelta64(round(seconds * 1e9), "ns")


def read_annotation(path: Path) -> Annotation:
    """Read an annotation file.

    :raises CorruptProduct: it is missing, is not XML, or lacks an element.
    :raises InconsistentProduct: its values contradict each other.
    """
    if not path.is_file():
        raise CorruptProduct("is missing", subject=path)
    root = parse_xml(path.read_bytes(), path)
    try:
        return _annotation(_Reader(path, root))
    except (ValueError, IndexError, OverflowError) as error:
        raise CorruptProduct(f"holds a value that cannot be read: {error}", subject=path) from error


class _Reader:
    """Reads elements by path; a missing one is a typed error."""

    def __init__(self, path: Path, root: etree._Element) -> None:
        self.path, self.root = path, root
        first = self.text(f"{_IMAGE}/productFirstLineUtcTime")
        seconds_since(np.datetime64(0, "ns"), first)
        self.epoch = np.datetime64(first[:10], "ns")

    def text(self, path: str, below: etree._Element | None = None) -> str:
        found = (self.root if below is None else below).findtext(path)
        if found is None or not found.strip():
            raise CorruptProduct(f"has no {path}", subject=self.path)
        return found.strip()

    def number(self, path: str, below: etree._Element | None = None) -> float:
        value = float(self.text(path, below))
        if not np.isfinite(value):
            raise CorruptProduct(f"{path} is {value}", subject=self.path)
        return value

    def numbers(self, path: str, below: etree._Element | None = None) -> Floats:
        values = np.array(self.text(path, below).split(), float)
        if not np.isfinite(values).all():
            raise CorruptProduct(f"{path} holds a value that is not a number", subject=self.path)
        return values

    def whole(self, path: str, below: etree._Element) -> NDArray[np.int64]:
        return np.array([int(one) for one in self.text(path, below).split()], np.int64)

    def seconds(self, path: str, below: etree._Element | None = None) -> float:
        return seconds_since(self.epoch, self.text(path, below))

    def every(self, path: str) -> list[etree._Element]:
        return self.root.findall(path)

    def column(self, name: str, rows: list[etree._Element]) -> Floats:
        return np.array([self.number(name, row) for row in rows])


_IMAGE = "imageAnnotation/imageInformation"
_FRAME = "Earth Fixed"
_GENERAL = "generalAnnotation/productInformation"
_AZIMUTH = (
    "imageAnnotation/processingInformation/swathProcParamsList/swathProcParams/azimuthProcessing"
)


def _annotation(read: _Reader) -> Annotation:
    whole = Annotation(
        path=read.path,
        mission=read.text("adsHeader/missionId"),
        product_type=read.text("adsHeader/productType"),
        swath=read.text("adsHeader/swath"),
        polarisation=read.text("adsHeader/polarisation"),
        direction=read.text(f"{_GENERAL}/pass")[0].upper(),
        absolute_orbit=int(read.text("adsHeader/absoluteOrbitNumber")),
        epoch=read.epoch,
        first_line_time=read.seconds(f"{_IMAGE}/productFirstLineUtcTime"),
        last_line_time=read.seconds(f"{_IMAGE}/productLastLineUtcTime"),
        line_interval=read.number(f"{_IMAGE}/azimuthTimeInterval"),
        slant_range_time=read.number(f"{_IMAGE}/slantRangeTime"),
        range_sampling_rate=read.number(f"{_GENERAL}/rangeSamplingRate"),
        radar_frequency=read.number(f"{_GENERAL}/radarFrequency"),
        steering_rate=float(np.radians(read.number(f"{_GENERAL}/azimuthSteeringRate"))),
        azimuth_bandwidth=read.number(f"{_AZIMUTH}/processingBandwidth"),
        azimuth_window=_window(read),
        range_spacing=read.number(f"{_IMAGE}/rangePixelSpacing"),
        azimuth_spacing=read.number(f"{_IMAGE}/azimuthPixelSpacing"),
        samples=int(read.text(f"{_IMAGE}/numberOfSamples")),
        lines=int(read.text(f"{_IMAGE}/numberOfLines")),
        lines_per_burst=int(read.root.findtext("swathTiming/linesPerBurst") or 0),
        bursts=_bursts(read),
        state_vectors=_state_vectors(read),
        doppler_centroid=_polynomials(
            read, "dopplerCentroid/dcEstimateList/dcEstimate", lambda _: "dataDcPolynomial"
        ),
        fm_rate=_polynomials(
            read, "generalAnnotation/azimuthFmRateList/azimuthFmRate", _fm_rate_element
        ),
        ground_ranges=_ground_ranges(read),
        grid=_grid(read),
        level=_level(read),
    )
    _check(whole, read.text("adsHeader/mode"))
    return whole


def _level(read: _Reader) -> float | None:
    statistics = f"{_IMAGE}/imageStatistics/outputData"
    names = [f"{statistics}{what}/{part}" for what in ("Mean", "StdDev") for part in ("re", "im")]
    if any(read.root.find(name) is None for name in names):
        return None
    level = float(np.linalg.norm([read.number(name) for name in names]))
    return level or None


def _check(one: Annotation, mode: str) -> None:
    if not one.swath.startswith(mode):
        raise InconsistentProduct(f"is of mode {mode} and swath {one.swath}", subject=one.path)
    steps = one.line_interval, one.range_spacing, one.range_sampling_rate, one.slant_range_time
    if min(one.samples, one.lines) < 1 or min(steps) <= 0:
        raise InconsistentProduct("describes an image without extent", subject=one.path)
    if one.product_type == "GRD" and one.ground_ranges is None:
        raise InconsistentProduct("describes a GRD without coordinate conversion", subject=one.path)
    spanned = one.last_line_time - one.first_line_time
    if one.product_type == "GRD" and abs(spanned / one.line_interval - (one.lines - 1)) > 1:
        raise InconsistentProduct(
            f"{one.lines} lines do not fill the {spanned:.3f} s between its first and last",
            subject=one.path,
        )
    if one.bursts and one.lines != len(one.bursts) * one.lines_per_burst:
        raise InconsistentProduct(
            f"{len(one.bursts)} bursts of {one.lines_per_burst} lines are not {one.lines}",
            subject=one.path,
        )


def _window(read: _Reader) -> float:
    """The coefficient of the Hamming window of bursts in azimuth; 1 where none is annotated."""
    if read.root.find("swathTiming/burstList/burst") is None:
        return 1.0
    kind = (read.root.findtext(f"{_AZIMUTH}/windowType") or "NONE").strip().upper()
    if kind == "NONE":
        return 1.0
    coefficient = read.number(f"{_AZIMUTH}/windowCoefficient")
    if kind != "HAMMING" or not 0.5 < coefficient <= 1:
        raise InconsistentProduct(
            f"has the azimuth window {kind} {coefficient:g}, not Hamming's", subject=read.path
        )
    return coefficient


def _bursts(read: _Reader) -> tuple[Burst, ...]:
    bursts = []
    for element in read.every("swathTiming/burstList/burst"):
        identity = element.findtext("burstId")
        bursts.append(
            Burst(
                read.seconds("azimuthTime", element),
                read.number("azimuthAnxTime", element),
                read.seconds("sensingTime", element),
                int(identity) if identity else None,
                *(read.whole(f"{which}ValidSample", element) for which in ("first", "last")),
            )
        )
    return tuple(bursts)


def _state_vectors(read: _Reader) -> StateVectors:
    rows = read.every("generalAnnotation/orbitList/orbit")
    frames = {row.findtext("frame", _FRAME).strip() for row in rows} - {_FRAME}
    if frames:
        raise InconsistentProduct(
            f"has state vectors in {', '.join(sorted(frames))}, not {_FRAME}", subject=read.path
        )
    if len(rows) < 2:
        raise CorruptProduct("has fewer than two orbit state vectors", subject=read.path)
    times = np.array([read.seconds("time", row) for row in rows])
    names = [f"{what}/{axis}" for what in ("position", "velocity") for axis in "xyz"]
    table = np.column_stack([read.column(name, rows) for name in names])
    times, table = in_order(times, table, 1.0, "orbit state vectors", read.path)
    return StateVectors(times, table[:, :3], table[:, 3:])


def _fm_rate_element(element: etree._Element) -> str | None:
    """The polynomial's element; in old products there are three instead."""
    return (
        "azimuthFmRatePolynomial" if element.find("azimuthFmRatePolynomial") is not None else None
    )


def _polynomials(
    read: _Reader, path: str, name_in: Callable[[etree._Element], str | None]
) -> tuple[RangePolynomial, ...]:
    found = []
    for element in read.every(path):
        name = name_in(element)
        if name is None:
            coefficients = np.array([read.number(one, element) for one in ("c0", "c1", "c2")])
        else:
            coefficients = read.numbers(name, element)
        found.append(
            RangePolynomial(
                read.seconds("azimuthTime", element), read.number("t0", element), coefficients
            )
        )
    return tuple(found)


def _ground_ranges(read: _Reader) -> GroundRanges | None:
    rows = read.every("coordinateConversion/coordinateConversionList/coordinateConversion")
    if not rows:
        return None
    polynomials = [read.numbers("srgrCoefficients", row) for row in rows]
    terms = max(map(len, polynomials))
    padded = np.array([np.pad(one, (0, terms - len(one))) for one in polynomials])
    times = np.array([read.seconds("azimuthTime", row) for row in rows])
    table = np.column_stack([read.column("sr0", rows), padded])
    times, table = in_order(times, table, 1.0, "coordinate conversions", read.path)
    return GroundRanges(times, table[:, 0], table[:, 1:])


def _grid(read: _Reader) -> GeolocationGrid:
    rows = read.every("geolocationGrid/geolocationGridPointList/geolocationGridPoint")
    if not rows:
        raise CorruptProduct("has no geolocation grid", subject=read.path)
    grid = GeolocationGrid(
        line=read.column("line", rows),
        sample=read.column("pixel", rows),
        latitude=read.column("latitude", rows),
        longitude=read.column("longitude", rows),
        height=read.column("height", rows),
        azimuth_time=np.array([read.seconds("azimuthTime", row) for row in rows]),
        slant_range_time=read.column("slantRangeTime", rows),
        incidence=read.column("incidenceAngle", rows),
    )
    if grid.torn:
        raise CorruptProduct("has a geolocation grid with places far apart", subject=read.path)
    return grid
