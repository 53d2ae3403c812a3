"""Orbits: state vectors of the annotation or of an EOF file, interpolated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from dias_cbm.card.eof import check_header, read_xml
from dias_cbm.card.sar.annotation import Annotation, StateVectors
from dias_cbm.card.sar.ordered import in_order
from dias_cbm.card.sar.utc import seconds_since
from dias_cbm.errors import InconsistentProduct, OrbitFileError

Floats = NDArray[np.float64]

#: How far, in m, velocities may lead from the positions: 0.8 in the 10 s between real vectors.
_MOST_ASTRAY = 30.0
#: How far, in m, the orbit of a file may be from that of the annotation, which is good to some m; a
#: predicted one, of a product in near real time, to some hundred.
_MOST_APART = 1000.0
#: State vectors to keep before and after the image: two are 10 s apart.
_MARGIN_S = 60.0
_EOF_TYPE = re.compile(r"AUX_(?:POE|RES|PRE)ORB", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Orbit:
    """Splines through state vectors: cubic Hermite for positions, cubic for velocities.

    Between vectors 10 s apart the error is below 1 mm: h^4 / 384 times the fourth derivative.
    Velocities have splines of their own: the positions of predicted orbits are so noisy that their
    slope moves zero-Doppler times by a few hundredths of a line against those that ESA annotates.

    :param times: (n,) knots, s since the annotation's epoch.
    :param positions: (n - 1, 4, 3): m, in powers of the seconds since the knot.
    :param velocities: (n - 1, 4, 3): m/s, likewise.
    :param source: ``annotation``, or the type of the EOF file, e.g. ``AUX_POEORB``.
    :param file: name of the EOF file.
    """

    times: Floats
    positions: Floats
    velocities: Floats
    source: str
    file: str | None = None

    def position(self, times: Floats) -> Floats:
        """(n, 3) m, Earth fixed, at (n,) times."""
        return self._evaluate(self.positions, times)

    def velocity(self, times: Floats) -> Floats:
        """(n, 3) m/s at (n,) times."""
        return self._evaluate(self.velocities, times)

    def _evaluate(self, coefficients: Floats, times: Floats) -> Floats:
        times = np.asarray(times, float)
        knot = np.clip(np.searchsorted(self.times, times, "right") - 1, 0, len(self.times) - 2)
        since = (times - self.times[knot])[..., None]
        c0, c1, c2, c3 = (coefficients[knot, power] for power in range(4))
        return c0 + since * (c1 + since * (c2 + since * c3))


def orbit_of(annotation: Annotation, file: Path | None = None) -> Orbit:
    """The orbit of an image, from an EOF file or else from the annotation.

    The annotation's vectors are predicted or restituted: good to some decimetres, which is
    negligible for a pixel of 10 m. ``source`` says which was used, for the product's provenance.

    :param file: an EOF file (POEORB, RESORB).
    :raises OrbitFileError: the EOF file cannot be used for this image.
    :raises InconsistentProduct: the annotation's vectors do not cover the image.
    """
    if file is None:
        return spline(annotation.state_vectors, annotation, "annotation")
    match = _EOF_TYPE.search(file.name)
    source = match[0].upper() if match else "EOF"
    found = spline(read_eof(file, annotation), annotation, source, file)
    middle = np.array([(annotation.first_line_time + annotation.last_line_time) / 2])
    own = spline(annotation.state_vectors, annotation, "annotation")
    apart = float(np.linalg.norm(found.position(middle) - own.position(middle)))
    if apart > _MOST_APART:
        raise OrbitFileError(f"is {apart:,.0f} m from the annotation's orbit", subject=file)
    return found


def spline(
    vectors: StateVectors, annotation: Annotation, source: str, file: Path | None = None
) -> Orbit:
    """The spline through the state vectors near the image.

    :param file: that they are from; None for the annotation.
    :raises InconsistentProduct: they do not cover the image, or contradict each other.
    :raises OrbitFileError: the same of a file.
    """
    refused = InconsistentProduct if file is None else OrbitFileError
    start, end = annotation.first_line_time, annotation.last_line_time
    near = (vectors.times >= start - _MARGIN_S) & (vectors.times <= end + _MARGIN_S)
    times = vectors.times[near]
    if len(times) < 2 or times[0] > start or times[-1] < end:
        raise refused(
            "has state vectors that do not cover the image's"
            f" {annotation.time_of(start)} to {annotation.time_of(end)}",
            subject=file or annotation.path,
            hint="use the orbit file of this day",
        )
    step = np.diff(times)[:, None]
    p0, p1 = vectors.positions[near][:-1], vectors.positions[near][1:]
    v0, v1 = vectors.velocities[near][:-1], vectors.velocities[near][1:]
    rise = (p1 - p0) / step
    astray = float(np.linalg.norm((rise - (v0 + v1) / 2) * step, axis=1).max())
    if not astray <= _MOST_ASTRAY:
        raise refused(
            f"has state vectors whose velocities lead {astray:,.0f} m from their positions",
            subject=file or annotation.path,
        )
    position = np.stack(
        [p0, v0, (3 * rise - 2 * v0 - v1) / step, (v0 + v1 - 2 * rise) / step**2], axis=1
    )
    # SciPy keeps the highest power first: (4, n - 1, 3).
    velocity = CubicSpline(times, vectors.velocities[near]).c[::-1].transpose(1, 0, 2)
    name = None if file is None else file.name
    return Orbit(times, position, np.ascontiguousarray(velocity), source, name)


def read_eof(path: Path, annotation: Annotation) -> StateVectors:
    """The state vectors of an EOF file (POEORB, RESORB) around an image.

    :raises OrbitFileError: it is missing or cannot be read, is for another satellite or another
        day, or not Earth fixed.
    """
    if not path.is_file():
        raise OrbitFileError("does not exist", subject=path)
    root = read_xml(path)
    # Some providers put everything into a namespace.
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    check_header(root, path, annotation.mission)
    try:
        return _vectors(root, path, annotation)
    except (TypeError, ValueError, IndexError) as error:
        raise OrbitFileError(f"holds a value that cannot be read: {error}", subject=path) from error


def _vectors(root: etree._Element, path: Path, annotation: Annotation) -> StateVectors:
    near = []
    for vector in root.iterfind("Data_Block/List_of_OSVs/OSV"):
        utc = (vector.findtext("UTC") or "").strip().removeprefix("UTC=")
        seconds = seconds_since(annotation.epoch, utc)
        start = annotation.first_line_time - _MARGIN_S
        if start <= seconds <= annotation.last_line_time + _MARGIN_S:
            names = ("X", "Y", "Z", "VX", "VY", "VZ")
            near.append([seconds, *(float(vector.findtext(name) or "nan") for name in names)])
    if len(near) < 2:
        raise OrbitFileError(
            f"has no state vectors around {annotation.time_of(annotation.first_line_time)}",
            subject=path,
            hint="use the orbit file of this day",
        )
    table = np.array(near)
    if not np.isfinite(table).all():
        raise OrbitFileError("has state vectors that are incomplete", subject=path)
    times, table = in_order(table[:, 0], table[:, 1:], 1.0, "state vectors", path, OrbitFileError)
    return StateVectors(times, table[:, :3], table[:, 3:])
