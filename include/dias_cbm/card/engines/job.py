"""The job of an engine: its input, its options and its result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shapely import MultiPolygon

from dias_cbm.products.model import Product
from dias_cbm.products.open import needed_files
from dias_cbm.products.provenance import Progress
from dias_cbm.scenes import Kind
from dias_cbm.storage import Ranged, Store


class Wanted(Protocol):
    """What is known of a product before it is there; a row of the ledger says it all."""

    @property
    def kind(self) -> Kind:
        """What it is to be."""

    @property
    def reference(self) -> str:
        """Its name; of a product that is still to be made, what it is looked for by."""

    @property
    def obstime(self) -> datetime:
        """Sensing start; aware UTC."""

    @property
    def footprint(self) -> MultiPolygon | None:
        """In EPSG:4326, longitude first."""

    @property
    def tile(self) -> str | None:
        """MGRS tile of a Sentinel-2 product."""

    @property
    def location(self) -> str | None:
        """Where the store keeps it."""

    @property
    def size(self) -> int | None:
        """Bytes, as the catalogue says."""

    @property
    def checksum(self) -> str | None:
        """``algorithm:hex``, as the catalogue says."""


@dataclass(frozen=True, slots=True)
class Source:
    """An acquisition that a product is made from.

    :param name: without ``.SAFE``.
    :param open: gives its files, until the stack is closed; raises StoreError.
    """

    name: str
    open: Callable[[ExitStack], Path]


@dataclass(frozen=True, slots=True)
class MakeOptions:
    """Where and how products are made.

    :param folder: what the product's folder is put into.
    :param dem: elevation model: a raster, or a folder of them.
    :param datum: what its heights are above, see :class:`dias_cbm.vertical_datum.VerticalDatum`.
    :param esd: correct the registration of a pair by enhanced spectral diversity.
    :param orbits: an orbit file for each source; None to look in the setting ``card.orbit_folder``.
    :param cog: as cloud-optimised GeoTIFF.
    :param progress: called with the share that is done.
    """

    folder: Path
    dem: Path | None = None
    datum: str = "egm2008"
    esd: bool = False
    orbits: tuple[Path | None, ...] = ()
    cog: bool = False
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One CARD product to be had.

    :param scene: what is known of it.
    :param store: where the platform keeps its products, or those that stand in for it.
    :param ranged: which files of its product are read by ranges.
    :param held: what is let go of when the product has been validated.
    :param sources: what it is made from: the acquisition, or the later one of a pair and the
        earlier one.
    :param options: None where nothing is to be made.
    """

    scene: Wanted
    store: Store
    ranged: Ranged | None = None
    held: ExitStack = field(default_factory=ExitStack)
    sources: tuple[Source, ...] = ()
    options: MakeOptions | None = None

    def local(self, location: str) -> Path:
        """A product of the store as local files, until the job is done.

        :raises StoreError: the store does not give it.
        """
        # What the product is made from is read whole, and by other programs than GDAL.
        own = location == self.scene.location
        return self.held.enter_context(
            self.store.opened(
                location,
                needed=needed_files(self.scene.kind),
                ranged=self.ranged if own else None,
                checksum=self.scene.checksum if own else None,
            )
        )


class CardEngine(Protocol):
    """A way to come by a CARD product."""

    name: str

    def produce(self, job: Job) -> Product:
        """Make or find the product and open it; validation follows for every engine alike.

        Produced twice, it finds what it made the first time.

        :raises StoreError: the store does not give it; later it may.
        :raises ProductError: it is there and cannot be used.
        :raises CardFailed: it could not be made.
        :raises CardPending: it is being made, or waits for its turn.
        """
        ...
