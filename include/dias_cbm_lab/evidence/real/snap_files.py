"""SNAP's BEAM-DIMAP metadata, and the numbers that a test of SNAP's Back-Geocoding left as text."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import StateVectors
from dias_cbm.card.sar.utc import seconds_since
from dias_cbm.errors import CorruptProduct, NotEnoughData
from dias_cbm.products.readers.raster import parse_xml

Floats = NDArray[np.float64]

_ABSTRACTED = "Dataset_Sources/MDElem[@name='metadata']/MDElem[@name='Abstracted_Metadata']"
_LARGEST = 64 << 20
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def unpacked(path: Path) -> bytes:
    """The content of a gzip file.

    :raises NotEnoughData: it does not exist.
    :raises CorruptProduct: it cannot be unpacked, or has more than 64 MB.
    """
    if not path.is_file():
        raise NotEnoughData("does not exist", subject=path)
    try:
        with gzip.open(path) as file:
            content = file.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CorruptProduct(f"cannot be unpacked: {error}", subject=path) from error
    if len(content) > _LARGEST:
        raise CorruptProduct("is too large", subject=path)
    return content


def numbers(path: Path, *shape: int) -> Floats:
    """The numbers of a text file, after the line with their count or shape, if it has one.

    :raises NotEnoughData: it does not exist, or has another number of them.
    """
    if not path.is_file():
        raise NotEnoughData("does not exist", subject=path)
    found = path.read_text().split()
    wanted = int(np.prod(shape))
    if not 0 <= len(found) - wanted <= 2:
        raise NotEnoughData(f"has {len(found)} numbers, not {wanted}", subject=path)
    return np.array(found[len(found) - wanted :], float).reshape(shape)


@dataclass(frozen=True, slots=True)
class SnapMetadata:
    """The ``Abstracted_Metadata`` of a product of SNAP.

    :param root: of the document.
    """

    path: Path
    root: etree._Element

    @classmethod
    def read(cls, path: Path) -> SnapMetadata:
        """Read a ``.dim.gz`` file."""
        return cls(path, parse_xml(unpacked(path), path))

    def text(self, name: str) -> str:
        """An attribute.

        :raises CorruptProduct: it is not there.
        """
        found = self.root.findtext(f"{_ABSTRACTED}/MDATTR[@name='{name}']")
        if not found:
            raise CorruptProduct(f"has no {name}", subject=self.path)
        return found

    def number(self, name: str) -> float:
        """An attribute that is a number."""
        return float(self.text(name))

    def seconds(self, name: str, epoch: np.datetime64) -> float:
        """An attribute that is a time, as seconds since an epoch."""
        return seconds_since(epoch, _iso(self.text(name)))

    def orbit(self, epoch: np.datetime64) -> StateVectors:
        """The state vectors: those of the precise orbit, if SNAP applied one.

        :raises CorruptProduct: there are none.
        """
        vectors = self.root.findall(f"{_ABSTRACTED}/MDElem[@name='Orbit_State_Vectors']/MDElem")
        if not vectors:
            raise CorruptProduct("has no orbit state vectors", subject=self.path)
        names = [f"{axis}_{what}" for what in ("pos", "vel") for axis in "xyz"]
        times = [seconds_since(epoch, _iso(_attribute(one, "time"))) for one in vectors]
        table = np.array([[float(_attribute(one, name)) for name in names] for one in vectors])
        return StateVectors(np.array(times), table[:, :3], table[:, 3:])


def _attribute(element: etree._Element, name: str) -> str:
    return str(element.findtext(f"MDATTR[@name='{name}']"))


def _iso(text: str) -> str:
    """SNAP's ``14-JUN-2017 15:55:28.201763`` as ISO 8601."""
    day, clock = text.split()
    number, month, year = day.split("-")
    return f"{year}-{_MONTHS.index(month.upper()) + 1:02d}-{number}T{clock}"
