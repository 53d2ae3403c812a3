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
    OrbitFileError,
    ProductError,
    QuotaExhausted,
    SettingsError,
    StoreError,
    Unsynchronised,
)
from dias_cbm.products.model import Product

log = logging.getLogger(__name__)

#: Errors after which another engine may still make the product.
_FAILURES = (CardFailed, ProductError, StoreError, CatalogueError, SettingsError)


class ChainEngine:
    """Tries engines in order; the product records which of them failed first.

    An engine that is still working (:class:`dias_cbm.errors.CardPending`) is waited for; one whose
    quota is used up is skipped.

    :param engines: at least one.
    """

    def __init__(self, engines: Sequence[CardEngine]) -> None:
        self._engines = list(engines)
        self.name = ",".join(engine.name for engine in engines)

    def produce(self, job: Job) -> Product:
        """The product of the first engine that has one.

        :raises CbmError: what the last engine raised, when all have failed.
        :raises Unsynchronised: an engine found it; the others are not tried.
        """
        failures: dict[str, str] = {}
        waiting: QuotaExhausted | None = None
        kind: type[CardFailed] = CardFailed
        for engine in self._engines:
            try:
                product = engine.produce(job)
            except QuotaExhausted as error:
                waiting = error
                failures[engine.name] = str(error)
                continue
            except Unsynchronised:
                raise
            except _FAILURES as error:
                failures[engine.name] = f"{type(error).__name__}: {error}"
                # A better orbit file is then all it needs, whatever the other engines lack.
                kind = OrbitFileError if isinstance(error, OrbitFileError) else kind
                log.warning("%s: %s: %s", job.scene.reference, engine.name, error)
                last: CbmError = error
                continue
            attributes = {"engine": engine.name, **product.attributes}
            if failures:
                attributes["failed_before"] = failures
            return replace(product, attributes=attributes)
        if waiting is not None:
            raise waiting
        if len(failures) == 1:
            raise last
        raise kind(
            "; ".join(f"{name}: {text}" for name, text in failures.items()),
            subject=job.scene.reference,
        ) from last
