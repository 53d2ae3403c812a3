"""Production: makes a product once, checks it, and writes its provenance."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from dias_cbm import __version__
from dias_cbm.card.engines.job import Job, MakeOptions
from dias_cbm.config.settings import settings
from dias_cbm.errors import CardFailed, InconsistentProduct, ProductError
from dias_cbm.products.atomic_folder import sync
from dias_cbm.products.model import Product
from dias_cbm.products.open import open_product
from dias_cbm.products.plausibility import check_content
from dias_cbm.products.provenance import PROVENANCE, MadeProduct
from dias_cbm.products.validate import validate
from dias_cbm.scenes import Kind
from dias_cbm.storage import product_sums

log = logging.getLogger(__name__)


class MakingEngine(ABC):
    """Makes a product in a work folder, checks it there, and puts it in place by one rename.

    One process at a time makes a product; the next one finds it finished. Leftovers of a killed
    process are removed. Where the caller holds the product's lease, no file is locked: a shared
    file system may not pass locks on, and a lost machine would keep them.
    """

    name: str

    def produce(self, job: Job) -> Product:
        """Find the product finished, or make it."""
        options = job.options
        if options is None or not job.sources:
            raise CardFailed(
                f"engine {self.name} needs an acquisition", subject=job.scene.reference
            )
        key = key_of(job)
        place = _leased_place if options.leased else _locked_place
        with place(options.folder, key) as work:
            return _finished(job, options, key) or self._produce(job, options, key, work)

    def _produce(self, job: Job, options: MakeOptions, key: str, work: Path) -> Product:
        _check_room(work)
        made = self.make(job, options, work)
        if made.kind is not job.scene.kind:
            raise InconsistentProduct(
                f"is a {made.kind}, not a {job.scene.kind}", subject=made.path.name
            )
        product = open_product(made.path, made.kind)
        validate(product, job.scene)
        coverage = check_content(product, job.scene.footprint)
        provenance = {
            "engine": self.name,
            "version": __version__,
            **made.provenance,
            "key": key,
            "sources": [source.name for source in job.sources],
            "coverage": coverage,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        files = {product_sums.KEY: product_sums.sums_of(made.path)}
        _write(made.path / PROVENANCE, provenance | files)
        final = options.folder / made.path.name
        if final.exists():
            # By a process that lost the product's lease, and came back.
            if (other := _finished(job, options, key)) is not None:
                return other
            raise CardFailed(
                "exists already, made for another request",
                subject=final,
                hint="remove it to make it again",
            )
        made.path.rename(final)
        sync(options.folder)
        log.info("%s made by %s", final, self.name)
        return _opened(final, made.kind, provenance)

    @abstractmethod
    def make(self, job: Job, options: MakeOptions, work: Path) -> MadeProduct:
        """Make the product's folder in a work folder.

        :raises CbmError: as :meth:`CardEngine.produce`.
        """


def key_of(job: Job) -> str:
    """The key by which a product is found, whichever engine made it.

    What is asked for otherwise is another product: gamma0 of the terrain is never taken for gamma0
    of the ellipsoid, nor a product without a mask for one that has it.
    """
    options = job.options
    if options is None:
        return job.scene.reference
    parts = [job.scene.reference]
    if job.scene.kind is Kind.CARD_BS:
        parts += ["RTC"] * options.flattening + [layer.upper() for layer in sorted(options.layers)]
    return "_".join(parts + ["COG"] * options.cog)


def _finished(job: Job, options: MakeOptions, key: str) -> Product | None:
    """The product of an earlier run, if any; a damaged one is removed."""
    for file in sorted(options.folder.glob(f"*/{PROVENANCE}")):
        try:
            provenance = json.loads(file.read_text())
        except ValueError:
            continue
        if not isinstance(provenance, dict) or provenance.get("key") != key:
            continue
        try:
            product = _opened(file.parent, job.scene.kind, provenance)
            validate(product, job.scene)
        except ProductError as error:
            log.warning("%s is made again: %s", file.parent, error)
            shutil.rmtree(file.parent)
            return None
        log.info("%s exists already", file.parent)
        return product
    return None


def _opened(path: Path, kind: Any, provenance: dict[str, Any]) -> Product:
    product = open_product(path, kind)
    # Checksums are for the files' store, not for the ledger.
    told = {name: value for name, value in provenance.items() if name != product_sums.KEY}
    return replace(product, attributes={**product.attributes, **told})


@contextmanager
def _leased_place(folder: Path, key: str) -> Iterator[Path]:
    """An empty folder of this process beside the product's place; removed afterwards.

    Those of processes that lost the lease go; one that comes back finds its folder gone.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f".{escape(key)}.*.work"):
            shutil.rmtree(left, ignore_errors=True)
        work = Path(mkdtemp(".work", f".{key}.", folder))
        work.chmod(0o755)
    except OSError as error:
        raise CardFailed(f"cannot be written to: {error}", subject=folder) from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _locked_place(folder: Path, key: str) -> Iterator[Path]:
    """An empty, locked folder beside the product's place; removed afterwards."""
    work, lock = folder / f".{key}.work", folder / f".{key}.lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = _locked(lock)
    except OSError as error:
        raise CardFailed(f"cannot be written to: {error}", subject=folder) from error
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(lock: Path) -> int:
    """Lock a file, created if missing; whoever unlocks it removes it first."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # The file may have been removed during the wait, and another one locked in its place.
        with suppress(FileNotFoundError):
            if os.path.samestat(lock.stat(), os.fstat(descriptor)):
                return descriptor
        os.close(descriptor)


def _check_room(work: Path) -> None:
    wanted = settings().card.free_gb
    free = shutil.disk_usage(work).free / 1e9
    if free < wanted:
        raise CardFailed(
            f"{free:.1f} GB free, {wanted:g} GB needed to make a product",
            subject=work.parent,
            hint="free some space, or see the setting card.free_gb",
        )


def _write(file: Path, provenance: dict[str, Any]) -> None:
    try:
        file.write_text(json.dumps(provenance, indent=1, default=str) + "\n")
    except OSError as error:
        raise CardFailed(f"cannot be written: {error}", subject=file) from error
    sync(file)
