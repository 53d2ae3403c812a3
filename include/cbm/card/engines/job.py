"""What every engine takes and gives."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cbm.card.bands import Product
from cbm.card.product import needed_files
from cbm.ledger import LedgerScene
from cbm.storage import Store


@dataclass(frozen=True, slots=True)
class Job:
    """One CARD product to be had.

    :param scene: the product's ledger row.
    :param store: where the platform keeps its products, or those that stand in for it.
    :param held: what is let go of when the product has been validated.
    """

    scene: LedgerScene
    store: Store
    held: ExitStack = field(default_factory=ExitStack)

    def local(self, location: str) -> Path:
        """A product of the store as local files, until the job is done.

        :raises StoreError: the store does not give it.
        """
        return self.held.enter_context(
            self.store.opened(location, needed=needed_files(self.scene.kind))
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
        """
        ...
