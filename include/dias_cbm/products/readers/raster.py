"""Helpers of all readers: find files by name, open headers, recognise polarisations."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lxml import etree
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader

from dias_cbm.errors import CorruptProduct
from dias_cbm.rasters import open_raster

_POLARISATION = re.compile(r"(?<![A-Za-z])(VV|VH|HH|HV)(?![A-Za-z])", re.IGNORECASE)


#: Real metadata have up to 2 MB; in memory a document takes ten times its size.
_LARGEST_XML = 16 << 20


def files_under(folder: Path, pattern: str) -> list[Path]:
    """Files of a folder and its subfolders whose relative path matches, whatever the case.

    :param pattern: regular expression for the whole path, with ``/`` between folders.
    """
    wanted = re.compile(pattern, re.IGNORECASE)
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if wanted.fullmatch(path.relative_to(folder).as_posix()))


@contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    """A raster, opened for reading.

    :raises CorruptProduct: it is missing, or its header cannot be read.
    """
    if not path.is_file():
        raise CorruptProduct("is missing", subject=path)
    with open_raster(path) as dataset:
        yield dataset


def open_unplaced(path: Path) -> DatasetReader:
    """A raster in radar geometry, which has no georeference.

    :raises CorruptProduct: its header cannot be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return open_raster(path)


def polarisation(text: str | None) -> str | None:
    """The polarisation in a file or band name, e.g. ``VV`` for ``Gamma0_VV``.

    None if there is none, or more than one.
    """
    found = {match.upper() for match in _POLARISATION.findall((text or "").replace("_", " "))}
    return found.pop() if len(found) == 1 else None


def read_xml(file: Path) -> etree._Element:
    """The root of a product's XML file, as :func:`parse_xml`.

    :raises CorruptProduct: also if it is larger than any product's metadata.
    """
    size = file.stat().st_size
    if size > _LARGEST_XML:
        raise CorruptProduct(
            f"has {size:,} bytes, more than the metadata of any product", subject=file
        )
    return parse_xml(file.read_bytes(), file)


def parse_xml(content: bytes, subject: object) -> etree._Element:
    """The root of an XML document, read without resolving any entity.

    :raises CorruptProduct: not XML, or it defines entities, which no Sentinel product does.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise CorruptProduct(f"is not XML: {error}", subject=subject) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CorruptProduct("has a DTD, which may define entities", subject=subject)
    return root
