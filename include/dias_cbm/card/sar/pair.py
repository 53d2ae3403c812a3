"""Two acquisitions that make a coherence pair: the same track, six or twelve days apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dias_cbm.card.product_names import acquired_polarisations
from dias_cbm.card.sar.agreement import agreed_annotation
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.bursts import BurstPair, common_bursts, mid_time
from dias_cbm.card.sar.geometry import to_earth_fixed, zero_doppler
from dias_cbm.card.sar.measurement import check_measurements
from dias_cbm.card.sar.orbit import Orbit, orbit_of
from dias_cbm.card.sar.safe import Image, Safe
from dias_cbm.cards import KIND_OF_CARD, PAIR_OF_CARD
from dias_cbm.errors import InconsistentProduct
from dias_cbm.products.readers.raster import parse_xml
from dias_cbm.scenes import Kind, relative_orbit

_KIND_OF_DAYS = {pair.days: KIND_OF_CARD[card] for card, pair in PAIR_OF_CARD.items()}
#: How far, in days, a pair may differ from whole days: orbits drift by seconds.
_DRIFT_DAYS = 0.01


@dataclass(frozen=True, slots=True)
class Side:
    """One acquisition of a swath.

    :param annotation: of its first polarisation; the others share its timing.
    :param images: by polarisation, in the order of the product.
    """

    annotation: Annotation
    orbit: Orbit
    images: Sequence[Image]


@dataclass(frozen=True, slots=True)
class SwathPair:
    """A sub-swath of a pair, and the bursts that both have."""

    reference: Side
    secondary: Side
    bursts: Sequence[BurstPair]


@dataclass(frozen=True, slots=True)
class SlcPair:
    """Two products that form a pair.

    :param days: between the two, 6 or 12.
    :param missing: bursts of the reference that the secondary does not have.
    """

    kind: Kind
    days: int
    relative_orbit: int
    polarisations: tuple[str, ...]
    swaths: Sequence[SwathPair]
    missing: int


def pair_of(reference: Safe, secondary: Safe, orbits: tuple[Path | None, Path | None]) -> SlcPair:
    """Match two products.

    :param orbits: an orbit file for each; None to use the orbit in its annotation.
    :raises InconsistentProduct: they are not a pair: another track, not 6 or 12 days apart, no
        common burst; or one lacks a swath or a polarisation that the other has.
    """
    products = reference, secondary
    for product in products:
        _check_swaths(product)
    if lacking := set(secondary.swaths) - set(reference.swaths):
        raise InconsistentProduct(
            f"lacks swath {', '.join(sorted(lacking))}, which {secondary.name} has",
            subject=reference.root,
        )
    polarisations = _shared(reference, secondary)
    swaths = []
    for swath in reference.swaths:
        one = _side(reference, swath, polarisations, orbits[0])
        other = _side(secondary, swath, polarisations, orbits[1])
        swaths.append(SwathPair(one, other, _common(one, other)))
    first = swaths[0]
    tracks = [
        _relative_orbit(product, side.annotation)
        for product, side in zip(products, (first.reference, first.secondary), strict=True)
    ]
    if tracks[0] != tracks[1] or _directions(first) > 1:
        raise InconsistentProduct(
            f"is of relative orbit {tracks[1]}, {reference.name} of {tracks[0]}",
            subject=secondary.root,
            hint="a pair has one track",
        )
    days = _days(first, secondary)
    missing = sum(len(one.reference.annotation.bursts) - len(one.bursts) for one in swaths)
    used = [one for one in swaths if one.bursts]
    if not used:
        raise InconsistentProduct(
            f"has no burst in common with {reference.name}", subject=secondary.root
        )
    return SlcPair(_KIND_OF_DAYS[days], days, tracks[0], polarisations, used, missing)


def _shared(reference: Safe, secondary: Safe) -> tuple[str, ...]:
    """The polarisations that both were acquired in.

    By their names too: a polarisation that is promised there, and is lacking, is a damaged product.
    """
    shared = tuple(one for one in _acquired(reference) if one in _acquired(secondary))
    if not shared:
        raise InconsistentProduct(
            f"has no polarisation in common with {reference.name}", subject=secondary.root
        )
    return shared


def _acquired(product: Safe) -> tuple[str, ...]:
    named = acquired_polarisations(product.name) or ()
    return (*named, *(one for one in product.polarisations if one not in named))


def _check_swaths(product: Safe) -> None:
    """Check that a product has the swaths that its manifest lists."""
    manifest = product.root / "manifest.safe"
    if manifest.is_file():
        root = parse_xml(manifest.read_bytes(), manifest)
        promised = {(one.text or "").strip() for one in root.iterfind(".//{*}swath")}
        if missing := sorted(promised - set(product.swaths)):
            raise InconsistentProduct(f"lacks swath {', '.join(missing)}", subject=product.root)


def _side(product: Safe, swath: str, polarisations: tuple[str, ...], orbit: Path | None) -> Side:
    images = [product.image(swath, polarisation) for polarisation in polarisations]
    annotation, *others = (_annotation_of(image, product.name) for image in images)
    for other in others:
        if _timing(other) != _timing(annotation):
            raise InconsistentProduct(
                f"has other times than {annotation.path.name}", subject=other.path
            )
    check_measurements(
        [
            (image.measurement, each)
            for image, each in zip(images, [annotation, *others], strict=True)
            if image.measurement
        ]
    )
    return Side(annotation, orbit_of(annotation, orbit), images)


def _annotation_of(image: Image, product: str) -> Annotation:
    annotation = agreed_annotation(image, product)
    if not annotation.bursts or not annotation.fm_rate or not annotation.doppler_centroid:
        raise InconsistentProduct("does not describe a TOPS image", subject=annotation.path)
    return annotation


def _timing(image: Annotation) -> tuple[object, ...]:
    return image.lines, image.samples, image.slant_range_time, image.first_line_time


def _common(reference: Side, secondary: Side) -> list[BurstPair]:
    """Common bursts, found by the middle of each burst on the geolocation grid."""
    image, grid = reference.annotation, reference.annotation.grid
    middle = image.slant_range_time + image.samples / 2 / image.range_sampling_rate
    near = np.abs(grid.slant_range_time - middle)
    column = near <= near.min() * (1 + 1e-6) + 1e-9
    order = np.argsort(grid.azimuth_time[column])
    times = grid.azimuth_time[column][order]
    seen = []
    for index in range(len(image.bursts)):
        longitude, latitude, height = (
            np.interp(mid_time(image, index), times, values[column][order])
            for values in (grid.longitude, grid.latitude, grid.height)
        )
        point = to_earth_fixed(np.array(longitude), np.array(latitude), np.array(height))
        seen.append(float(zero_doppler(secondary.orbit, point[None])[0][0]))
    return common_bursts(image, secondary.annotation, np.array(seen))


def _relative_orbit(product: Safe, annotation: Annotation) -> int:
    """The relative orbit, from the manifest or else by the formula."""
    manifest = product.root / "manifest.safe"
    if manifest.is_file():
        found = parse_xml(manifest.read_bytes(), manifest).findtext(".//{*}relativeOrbitNumber")
        if found and found.strip().isdigit():
            return int(found)
    track = relative_orbit(annotation.mission, annotation.absolute_orbit)
    if track is None:
        raise InconsistentProduct("does not state its relative orbit", subject=product.root)
    return track


def _directions(swath: SwathPair) -> int:
    return len({swath.reference.annotation.direction, swath.secondary.annotation.direction})


def _days(swath: SwathPair, secondary: Safe) -> int:
    times = [
        side.annotation.time_of(mid_time(side.annotation, 0))
        for side in (swath.reference, swath.secondary)
    ]
    apart = abs(float((times[0] - times[1]) / np.timedelta64(1, "ns"))) / 86_400e9
    days = round(apart)
    if days not in _KIND_OF_DAYS or abs(apart - days) > _DRIFT_DAYS:
        raise InconsistentProduct(
            f"is {apart:.2f} days from its reference",
            subject=secondary.root,
            hint=f"a pair is {' or '.join(map(str, _KIND_OF_DAYS))} days apart",
        )
    return days
