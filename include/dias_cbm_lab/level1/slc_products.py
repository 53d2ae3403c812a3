"""A simulated pair of SLC products on disk: SAFE folders whose coherence is known."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from lxml import etree
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning

from dias_cbm.card.sar.annotation import Annotation, read_annotation
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.scenes import relative_orbit
from dias_cbm_lab.level1.slc_pair import Field, Ground, Look, Nodes, nodes_of, simulate

#: Annotations by swath and polarisation.
Annotations = Mapping[tuple[str, str], bytes]


class Pair(NamedTuple):
    """Two products and their true coherence.

    :param coherence: by swath, polarisation and burst: float32[lines, samples] of the reference.
    """

    reference: Path
    secondary: Path
    coherence: dict[tuple[str, str, int], NDArray[np.float32]]


def write_pair(
    folder: Path,
    reference: Annotations,
    secondary: Annotations,
    grounds: Mapping[str, Ground],
    seed: int = 1,
) -> Pair:
    """Simulate a pair and write it; bursts are paired in their order.

    :param grounds: by polarisation.
    """
    rng = np.random.default_rng(seed)
    roots = [write_annotations(folder, one) for one in (reference, secondary)]
    truth = {}
    seen: dict[tuple[str, int, Field], Nodes] = {}
    for swath, polarisation in reference:
        files = [annotation_file(root, swath, polarisation) for root in roots]
        one, other = (read_annotation(file) for file in files)
        images = [np.zeros((image.lines, image.samples), np.complex64) for image in (one, other)]
        orbits = orbit_of(one), orbit_of(other)
        for burst in range(len(one.bursts)):
            looks = Look(one, orbits[0], burst), Look(other, orbits[1], burst)
            ground = grounds[polarisation]
            key = swath, burst, ground.height
            if key not in seen:
                seen[key] = nodes_of(*looks, ground.height)
            made = simulate(*looks, ground, rng, seen[key])
            lines = slice(burst * one.lines_per_burst, (burst + 1) * one.lines_per_burst)
            images[0][lines], images[1][lines] = made.reference, made.secondary
            truth[swath, polarisation, burst] = made.coherence
        for root, file, image in zip(roots, files, images, strict=True):
            write_image(root / "measurement" / f"{file.stem}.tiff", image)
    return Pair(roots[0], roots[1], truth)


def write_annotations(folder: Path, annotations: Annotations) -> Path:
    """A SAFE folder with manifest and annotations, without images yet; its path."""
    aside = folder / "annotation.xml"
    for number, ((swath, polarisation), content) in enumerate(annotations.items(), start=1):
        aside.write_bytes(content)
        image = read_annotation(aside)
        times = [
            str(image.time_of(time).astype("datetime64[s]")).replace("-", "").replace(":", "")
            for time in (image.first_line_time, image.last_line_time)
        ]
        if number == 1:
            dual = "DV" if len({one for _, one in annotations}) > 1 else "SV"
            safe = f"{image.mission}_IW_SLC__1S{dual}_{times[0]}_{times[1]}"
            root = folder / f"{safe}_{image.absolute_orbit:06d}_060000_0000.SAFE"
            (root / "annotation").mkdir(parents=True)
            (root / "measurement").mkdir()
            (root / "manifest.safe").write_bytes(_manifest(image))
        stem = f"{image.mission}-{swath}-slc-{polarisation}-{times[0]}-{times[1]}".lower()
        aside.rename(
            root / "annotation" / f"{stem}-{image.absolute_orbit:06d}-060000-{number:03d}.xml"
        )
    return root


def annotation_file(root: Path, swath: str, polarisation: str) -> Path:
    """The annotation of an image in a SAFE folder."""
    return next((root / "annotation").glob(f"*-{swath}-slc-{polarisation}-*.xml".lower()))


def write_image(path: Path, pixels: NDArray[np.complex64]) -> None:
    """A measurement file: complex 16-bit integers, bursts one below the other."""
    rows, columns = pixels.shape
    options = {"driver": "GTiff", "count": 1, "dtype": "complex_int16", "blockysize": 1}
    with warnings.catch_warnings():
        # In the geometry of the radar there is nothing to georeference.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", width=columns, height=rows, **options) as dataset:
            dataset.write(pixels, 1)


def _manifest(image: Annotation) -> bytes:
    """The part of a manifest with processor and relative orbit."""
    safe = "http://www.esa.int/safe/sentinel-1.0"
    root = etree.Element("XFDU", nsmap={"safe": safe})
    etree.SubElement(root, f"{{{safe}}}software", name="Sentinel-1 IPF", version="003.61")
    for which in ("start", "stop"):
        number = etree.SubElement(root, f"{{{safe}}}relativeOrbitNumber", type=which)
        number.text = str(relative_orbit(image.mission, image.absolute_orbit))
    return bytes(etree.tostring(root))
