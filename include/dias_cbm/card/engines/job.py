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
    """What is known of a product before it exists; a row of the ledger has it all."""

    @property
    def kind(self) -> Kind:
        """The kind of product."""

    @property
    def reference(self) -> str:
        """Its name; for a product still to be made, the name to look for it by."""

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
        """Its place in the store."""

    @property
    def size(self) -> int | None:
        """Bytes, from the catalogue."""

    @property
    def checksum(self) -> str | None:
        """``algorithm:hex``, as the catalogue says."""


@dataclass(frozen=True, slots=True)
class Source:
    """An acquisition that a product is made from.

    :param name: without ``.SAFE``.
    :param open: provides its files until the stack is closed; raises StoreError.
    """

    name: str
    open: Callable[[ExitStack], Path]


@dataclass(frozen=True, slots=True)
class MakeOptions:
    """Where and how products are made.

    :param folder: where the product's folder is put.
    :param dem: elevation model: a raster, or a folder of them.
    :param datum: what its heights are above, see :class:`dias_cbm.vertical_datum.VerticalDatum`.
    :param esd: correct the registration of a pair by enhanced spectral diversity.
    :param common_band: share of the azimuth band that the bursts of a pair must have in common.
    :param orbits: an orbit file for each source; None to look in the setting ``card.orbit_folder``.
    :param cog: as cloud-optimised GeoTIFF.
    :param flattening: CARD-BS as gamma0 of the terrain, not of the ellipsoid.
    :param layers: further bands of a CARD-BS: ``mask``, ``incidence``.
    :param threads: that share the work on one product.
    :param leased: the caller holds the product's lease, so that no other process makes it.
    :param progress: called with the share that is done.
    """

    folder: Path
    dem: Path | None = None
    datum: str = "egm2008"
    esd: bool = False
    common_band: float = 0.5
    orbits: tuple[Path | None, ...] = ()
    cog: bool = False
    flattening: bool = False
    layers: tuple[str, ...] = ()
    threads: int = 1
    leased: bool = False
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One CARD product to find or make.

    :param scene: what is known of it.
    :param store: the platform's store, or those that replace it.
    :param ranged: which files of its product are read by ranges.
    :param held: resources, released when the product has been validated.
    :param sources: what it is made from: the acquisition, or the later one of a pair and the
        earlier one.
    :param options: None if nothing is to be made.
    """

    scene: Wanted
    store: Store
    ranged: Ranged | None = None
    held: ExitStack = field(default_factory=ExitStack)
    sources: tuple[Source, ...] = ()
    options: MakeOptions | None = None

    def local(self, location: str) -> Path:
        """A product of the store as local files, until the job is done.

        :raises StoreError: the store does not deliver it.
        """
        # Sources are read whole, and by programs other than GDAL.
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
    """A way to obtain a CARD product."""

    name: str

    def produce(self, job: Job) -> Product:
        """Make or find the product and open it; the caller validates it, whatever the engine.

        Called again, it finds the product that it made the first time.

        :raises StoreError: the store does not deliver it now, but may later.
        :raises ProductError: it exists but cannot be used.
        :raises CardFailed: it could not be made.
        :raises CardPending: it is being made, or waits for its turn.
        """
        ...
