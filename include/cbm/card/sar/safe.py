"""Opening a Sentinel-1 Level-1 product: a SAFE folder, or a zip of one."""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cbm.card.readers.raster import parse_xml
from cbm.errors import CardFailed, CorruptProduct, InconsistentProduct

_IMAGE = re.compile(
    r"(?P<stem>s1[a-z]-(?P<swath>\w+)-(?P<type>grd|slc)-(?P<polarisation>vv|vh|hh|hv)-[\w-]+?)\.xml",
    re.IGNORECASE,
)
_NEEDED = re.compile(
    r"manifest\.safe|annotation/[^/]+\.xml|annotation/calibration/[^/]+\.xml"
    r"|measurement/[^/]+\.tiff?",
    re.IGNORECASE,
)
_VERSION = re.compile(rb'name="Sentinel-1 IPF"\s+version="([\d.]+)"')
#: The largest XML file of a real product has 2 MB, the largest image 1.7 GB.
_LARGEST_XML_BYTES = 64 * 1024**2
_LARGEST_IMAGE_BYTES = 8 * 1024**3
_COPIED_AT_ONCE = 4 * 1024**2


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
        is silent.
    """

    name: str
    root: Path
    images: tuple[Image, ...]
    processor: tuple[int, ...] | None

    @property
    def polarisations(self) -> tuple[str, ...]:
        """In the order of the alphabet."""
        return tuple(sorted({one.polarisation for one in self.images}))

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
def opened_safe(source: Path, scratch: Path) -> Iterator[Safe]:
    """A product's files; a zip is unpacked aside first, what is needed of it, and removed after.

    :param source: the ``.SAFE`` folder, a folder that holds one, or a zip of it.
    :param scratch: folder for what is unpacked.
    :raises CorruptProduct: missing, no SAFE, a broken zip, or one that would write outside.
    :raises CardFailed: the disk has no room to unpack it.
    """
    if source.is_dir():
        yield _read(_root(source), source)
        return
    if not source.is_file():
        raise CorruptProduct("does not exist", subject=source)
    with tempfile.TemporaryDirectory(prefix=".safe-", dir=scratch) as folder:
        _unpack(source, Path(folder))
        yield _read(_root(Path(folder)), source)


def _root(folder: Path) -> Path:
    """Where the manifest lies: here, or in the one folder below."""
    if (folder / "annotation").is_dir():
        return folder
    below = sorted(one for one in folder.iterdir() if (one / "annotation").is_dir())
    if len(below) != 1:
        raise CorruptProduct(
            "is no Sentinel-1 SAFE: it has no annotation folder, or several", subject=folder
        )
    return below[0]


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
    name = root.name if root.name.upper().endswith(".SAFE") else source.name
    return Safe(name.split(".")[0], root, tuple(images), _processor(root))


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


def _unpack(source: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            needed = [one for one in members if _is_needed(one, source)]
            total = sum(one.file_size for one in needed)
            if total > shutil.disk_usage(folder).free:
                raise CardFailed(
                    f"{total / 1e9:.1f} GB to unpack do not fit the disk of {folder.parent}",
                    subject=source,
                )
            for member in needed:
                path = folder / member.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as packed, path.open("xb") as plain:
                    shutil.copyfileobj(packed, plain, _COPIED_AT_ONCE)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as error:
        raise CorruptProduct(f"cannot be unpacked: {error}", subject=source) from error
    except FileExistsError as error:
        raise CorruptProduct("holds a file twice", subject=source) from error
    except OSError as error:
        raise CardFailed(f"unpacking failed: {error}", subject=source) from error


def _is_needed(member: zipfile.ZipInfo, source: Path) -> bool:
    """Whether to unpack a member; one that points outside condemns the whole archive."""
    name = PurePosixPath(member.filename)
    link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or "\\" in member.filename or link:
        raise CorruptProduct(
            f"{member.filename!r} would be written outside its folder", subject=source
        )
    depth = next((i for i, part in enumerate(name.parts) if part.upper().endswith(".SAFE")), -1)
    inside = "/".join(name.parts[depth + 1 :])
    if not _NEEDED.fullmatch(inside):
        return False
    image = inside.lower().endswith((".tif", ".tiff"))
    if member.file_size > (_LARGEST_IMAGE_BYTES if image else _LARGEST_XML_BYTES):
        raise CorruptProduct(
            f"{member.filename!r} has {member.file_size:,} bytes, no product's file has",
            subject=source,
        )
    return True
