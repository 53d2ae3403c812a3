"""Agreement of an annotation with itself, with its orbit, and with the name of its product.

A value that is wrong, or of another product, would place an image elsewhere without an error.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation, read_annotation
from dias_cbm.card.sar.geometry import ground_range, to_earth_fixed, zero_doppler
from dias_cbm.card.sar.orbit import spline
from dias_cbm.card.sar.safe import Image
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.scenes import parse_name, parse_time

Floats = NDArray[np.float64]

#: How far an orbit may see a place from where the geolocation grid says, in lines and m: 0.01 line
#: and 2 mm in real products, 50 m in old ones, whose grids have other heights. It is no accuracy:
#: a wrong second is 500 to 700 lines.
_LINES_OF_ORBIT, _METRES_OF_ORBIT = 15.0, 200.0
#: The same in the image, in lines and samples: 0.2 and 0.01 in real products.
_LINES, _SAMPLES = 2.0, 10.0
#: Least share of the lines and samples that the grid spans; all in real products.
_SPANNED = 0.9
#: Speed to the north in m/s from which on the direction of a pass is certain.
_NORTHWARD = 500.0
#: Between the times in a product's name, in whole seconds over all swaths, and those of an image.
_MARGIN = timedelta(seconds=5)
_STAMP = re.compile(r"-(\d{8}t\d{6})-", re.IGNORECASE)
#: What all IW images have, with room to spare.
_FREQUENCIES, _STEERING, _FM_RATES = (5.395e9, 5.415e9), (0.5, 2.5), (-4000.0, -1000.0)
_BANDWIDTHS = (0.5, 1.0)


def agreed_annotation(image: Image, product: str) -> Annotation:
    """Read an annotation, and check that it agrees with all that is known of it.

    :param product: name of the product.
    :raises CorruptProduct: it cannot be read, or is damaged.
    :raises InconsistentProduct: its values contradict each other, its name or the product's.
    """
    annotation = read_annotation(image.annotation)
    _check_name(annotation, image, product)
    _check_place(annotation)
    if annotation.bursts:
        _check_limits(annotation)
        _check_valid_samples(annotation)
    return annotation


def _check_name(one: Annotation, image: Image, product: str) -> None:
    kind = one.path.name.upper().split("-")
    says = one.mission, one.product_type, one.swath, one.polarisation
    named = kind[0], kind[2], image.swath, image.polarisation
    if says != named:
        raise InconsistentProduct(
            f"annotates {' '.join(says)}, its name says {' '.join(named)}", subject=one.path
        )
    fields = parse_name(product)
    if "abs_orbit" not in fields:
        return
    # An orbit ends at the equator, between the first lines of two swaths if need be.
    away = abs(one.absolute_orbit - int(fields["abs_orbit"]))
    if one.mission != fields["satellite"] or away > 1:
        raise InconsistentProduct(
            f"is of {one.mission}, orbit {one.absolute_orbit}, and its product {product}",
            subject=one.path,
        )
    first, last = parse_time(fields["start"]) - _MARGIN, parse_time(fields["end"]) + _MARGIN
    times = [_utc(one, seconds) for seconds in (one.first_line_time, one.last_line_time)]
    if stamp := _STAMP.search(one.path.name):
        times.append(datetime.fromisoformat(f"{stamp[1].upper()}Z"))
    for time in times:
        if not first <= time <= last:
            raise InconsistentProduct(
                f"is of {time:%F %T}, and its product {product}", subject=one.path
            )


def _utc(one: Annotation, seconds: float) -> datetime:
    text = np.datetime_as_string(one.time_of(seconds), unit="us", timezone="UTC")
    return datetime.fromisoformat(str(text))


def _check_place(one: Annotation) -> None:
    """Check that orbit and image see the places of the geolocation grid where the grid says."""
    grid, inside = one.grid, (one.grid.line >= 0) & (one.grid.line <= one.lines - 1)
    for what, at, size in (("lines", grid.line, one.lines), ("samples", grid.sample, one.samples)):
        if np.ptp(at) < _SPANNED * (size - 1):
            raise CorruptProduct(
                f"has a geolocation grid of {np.ptp(at):g} of {size} {what}", subject=one.path
            )
    orbit = spline(one.state_vectors, one, "annotation")
    points = to_earth_fixed(grid.longitude, grid.latitude, grid.height)
    times, ranges = zero_doppler(orbit, points)
    lines_of_orbit = (times - grid.azimuth_time) / one.line_interval
    metres_of_orbit = ranges - grid.slant_range_time * SPEED_OF_LIGHT / 2
    for off, most, what in (
        (lines_of_orbit, _LINES_OF_ORBIT, "lines from what its orbit sees"),
        (metres_of_orbit, _METRES_OF_ORBIT, "m from what its orbit sees"),
        (_lines_off(one)[inside], _LINES, "lines from its image"),
        (_samples_off(one)[inside], _SAMPLES, "samples from its image"),
    ):
        # What the orbit does not pass is NaN.
        if not (np.abs(off) <= most).all():
            farthest = np.abs(off).max()
            raise InconsistentProduct(
                f"has a geolocation grid that is {farthest:.3g} {what}", subject=one.path
            )
    north = float(orbit.velocity(np.array([one.first_line_time]))[0, 2])
    if abs(north) > _NORTHWARD and one.direction != ("A" if north > 0 else "D"):
        raise InconsistentProduct(
            f"is of pass {one.direction}, and its orbit is not", subject=one.path
        )


def _lines_off(one: Annotation) -> Floats:
    """How far the lines of the grid are from those of its azimuth times."""
    line, time = one.grid.line, one.grid.azimuth_time
    if not one.bursts:
        return (time - one.first_line_time) / one.line_interval - line
    # Bursts overlap on the ground, and their lines follow each other in the image. A line between
    # two bursts may be of either.
    starts = np.array([burst.azimuth_time for burst in one.bursts])
    off = []
    for nearest in (np.floor, np.rint):
        burst = nearest(line / one.lines_per_burst).clip(0, len(starts) - 1).astype(int)
        after = (time - starts[burst]) / one.line_interval
        off.append(burst * one.lines_per_burst + after - line)
    return np.min(np.abs(off), axis=0)


def _samples_off(one: Annotation) -> Floats:
    """How far the samples of the grid are from those of its slant ranges."""
    delay, sample = one.grid.slant_range_time, one.grid.sample
    if one.ground_ranges is None:
        return (delay - one.slant_range_time) * one.range_sampling_rate - sample
    # Between two polynomials the grid is of one of them.
    off = [
        ground_range(one.ground_ranges, np.full(len(delay), epoch), delay * SPEED_OF_LIGHT / 2)
        / one.range_spacing
        - sample
        for epoch in one.ground_ranges.times
    ]
    return np.min(np.abs(off), axis=0)


def _check_limits(one: Annotation) -> None:
    middle = np.array([one.slant_range_time + one.samples / 2 / one.range_sampling_rate])
    rates = [float(rate(middle)[0]) for rate in one.fm_rate]
    for what, values, (low, high) in (
        ("a radar frequency", [one.radar_frequency], _FREQUENCIES),
        ("steering in degrees per second", [np.degrees(one.steering_rate)], _STEERING),
        ("a bandwidth per line", [one.azimuth_bandwidth * one.line_interval], _BANDWIDTHS),
        ("an FM rate", rates, _FM_RATES),
    ):
        for value in values:
            if not low <= value <= high:
                raise InconsistentProduct(
                    f"has {what} of {value:g}, not {low:g} to {high:g}", subject=one.path
                )


def _check_valid_samples(one: Annotation) -> None:
    some = False
    for first, last in ((burst.first_valid, burst.last_valid) for burst in one.bursts):
        if not len(first) == len(last) == one.lines_per_burst or max(last) >= one.samples:
            raise CorruptProduct("has a burst whose valid samples do not fit it", subject=one.path)
        some |= bool(((first >= 0) & (first <= last)).any())
    if not some:
        raise CorruptProduct("has no valid samples", subject=one.path)
