"""A chain of engines: what the first cannot make, the next one tries."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from dias_cbm.card.engines.job import CardEngine, Job
from dias_cbm.errors import (
    CardFailed,
    CatalogueError,
    CbmError,
    ProductError,
    QuotaExhausted,
    SettingsError,
    StoreError,
)
from dias_cbm.products.model import Product

log = logging.getLogger(__name__)

#: Of an engine that cannot make the product, whatever another one can.
_FAILURES = (CardFailed, ProductError, StoreError, CatalogueError, SettingsError)


class ChainEngine:
    """Tries engines in order; a product tells which of them failed before it.

    An engine that is still at it (:class:`dias_cbm.errors.CardPending`) is waited for; one whose
    quota is used up is passed over.

    :param engines: at least one.
    """

    def __init__(self, engines: Sequence[CardEngine]) -> None:
        self._engines = list(engines)
        self.name = ",".join(engine.name for engine in engines)

    def produce(self, job: Job) -> Product:
        """The product of the first engine that has one.

        :raises CbmError: what the last engine raised, when all have failed.
        """
        failures: dict[str, str] = {}
        waiting: QuotaExhausted | None = None
        for engine in self._engines:
            try:
                product = engine.produce(job)
            except QuotaExhausted as error:
                waiting = error
                failures[engine.name] = str(error)
                continue
            except _FAILURES as error:
                failures[engine.name] = f"{type(error).__name__}: {error}"
                log.warning("%s: %s: %s", job.scene.reference, engine.name, error)
                last: CbmError = error
                continue
            told = {"engine": engine.name, **product.attributes}
            if failures:
                told["failed_before"] = failures
            return replace(product, attributes=told)
        if waiting is not None:
            raise waiting
        if len(failures) == 1:
            raise last
        raise CardFailed(
            "; ".join(f"{name}: {text}" for name, text in failures.items()),
            subject=job.scene.reference,
        ) from last
