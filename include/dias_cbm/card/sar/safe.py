"""Opening a Sentinel-1 Level-1 product: a SAFE folder, or a zip of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.archive import unpacked
from dias_cbm.products.readers.raster import parse_xml
from dias_cbm.scenes import parse_name

_IMAGE = re.compile(
    r"(?P<stem>s1[a-z]-(?P<swath>\w+)-(?P<type>grd|slc)-(?P<polarisation>vv|vh|hh|hv)-[\w-]+?)\.xml",
    re.IGNORECASE,
)
_NEEDED = re.compile(
    r"manifest\.safe|annotation/[^/]+\.xml|annotation/calibration/[^/]+\.xml"
    r"|measurement/[^/]+\.tiff?",
    re.IGNORECASE,
)
_VERSION = re.compile(rb'name="Sentinel-1 IPF"\s+version="(\d+(?:\.\d+)*)"')
#: What the names of a folder and of a zip around it share.
_SAME = ("satellite", "mode", "product", "start", "abs_orbit")


@dataclass(frozen=True, slots=True)
class Image:
    """The files of one swath in one polarisation; those that the product lacks are None.

    :param swath: ``IW`` of a GRD, ``IW1`` to ``IW3`` of an SLC.
    """

    swath: str
    polarisation: str
    annotation: Path
    calibration: Path | None
    noise: Path | None
    measurement: Path | None


@dataclass(frozen=True, slots=True)
class Safe:
    """A product's files.

    :param name: without ``.SAFE``.
    :param processor: version of ESA's processor (IPF), (2, 91) for 002.91; None if the manifest
        lacks it.
    """

    name: str
    root: Path
    images: tuple[Image, ...]
    processor: tuple[int, ...] | None

    @property
    def polarisations(self) -> tuple[str, ...]:
        """The co-polarised one first, as in the platforms' products."""
        found = {one.polarisation for one in self.images}
        return tuple(sorted(found, key=lambda one: (one[0] != one[1], one)))

    @property
    def swaths(self) -> tuple[str, ...]:
        """In the order of the alphabet."""
        return tuple(sorted({one.swath for one in self.images}))

    def image(self, swath: str, polarisation: str) -> Image:
        """The files of one swath and polarisation.

        :raises InconsistentProduct: the product has none.
        """
        for one in self.images:
            if (one.swath, one.polarisation) == (swath, polarisation):
                return one
        raise InconsistentProduct(f"has no {polarisation} image of {swath}", subject=self.root)


@contextmanager
def opened_safe(source: Path, scratch: Path, *, images: bool = True) -> Iterator[Safe]:
    """A product's files; the needed part of a zip is unpacked to ``scratch`` and removed after.

    :param source: the ``.SAFE`` folder, a folder that holds one, or a zip of it.
    :param scratch: folder for what is unpacked.
    :param images: unpack the images too, not only what describes them.
    :raises CorruptProduct: missing, not SAFE, a broken zip, or one that would write outside.
    :raises CardFailed: the disk has no room to unpack it.
    """
    needed = _is_needed if images else _is_description
    with unpacked(source, scratch, needed, marker="annotation") as root:
        yield _read(root, source)


def _is_needed(name: str) -> bool:
    return _NEEDED.fullmatch(name) is not None


def _is_description(name: str) -> bool:
    return _is_needed(name) and not name.lower().startswith("measurement/")


def _read(root: Path, source: Path) -> Safe:
    annotations = {path.stem: path for path in sorted((root / "annotation").glob("*.xml"))}
    images = []
    for path in annotations.values():
        match = _IMAGE.fullmatch(path.name)
        if match is None:
            continue
        stem = match["stem"]
        images.append(
            Image(
                match["swath"].upper(),
                match["polarisation"].upper(),
                path,
                _existing(root / "annotation" / "calibration" / f"calibration-{stem}.xml"),
                _existing(root / "annotation" / "calibration" / f"noise-{stem}.xml"),
                _measurement(root / "measurement", stem),
            )
        )
    if not images:
        raise CorruptProduct("has no Level-1 annotation", subject=source)
    _check_names(root, source, images)
    name = root.name if root.name.upper().endswith(".SAFE") else source.name
    return Safe(name.split(".")[0], root, tuple(images), _processor(root))


def _check_names(root: Path, source: Path, images: list[Image]) -> None:
    inside, outside = ([parse_name(one.name).get(key) for key in _SAME] for one in (root, source))
    if any(inside) and any(outside) and inside != outside:
        raise InconsistentProduct(f"holds {root.name}", subject=source)
    seen = set()
    for image in images:
        key = image.swath, image.polarisation
        if key in seen:
            raise InconsistentProduct(
                f"is a second annotation of {' '.join(key)}", subject=image.annotation
            )
        seen.add(key)


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _measurement(folder: Path, stem: str) -> Path | None:
    names = (f"{stem}{ending}" for ending in (".tiff", ".tif", "-cog.tiff", "-cog.tif"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _processor(root: Path) -> tuple[int, ...] | None:
    manifest = root / "manifest.safe"
    if not manifest.is_file():
        return None
    content = manifest.read_bytes()
    parse_xml(content, manifest)
    match = _VERSION.search(content)
    return tuple(int(one) for one in match[1].decode().split(".")) if match else None
