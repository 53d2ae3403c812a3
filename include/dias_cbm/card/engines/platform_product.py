"""The engine ``ready``: finds a platform's own product in its store, complete."""

from __future__ import annotations

from dias_cbm.card.engines.job import Job
from dias_cbm.errors import CardFailed, CorruptProduct, ObjectMissing
from dias_cbm.products.model import Product
from dias_cbm.products.open import open_product

#: Bytes that an archive adds per file: some catalogues list the size of the download, which is an
#: uncompressed archive, instead of the size of the files in the store.
_ARCHIVE_OVERHEAD = 1024


class ReadyEngine:
    """Finds products that a platform has already."""

    name = "ready"

    def produce(self, job: Job) -> Product:
        """Locate the product in the store, compare its size with the catalogue's, open it.

        :raises CardFailed: the scene is an acquisition; this engine makes no products.
        :raises ObjectMissing: the catalogue has no location, or the store has nothing there.
        :raises CorruptProduct: the product is smaller than the catalogue says.
        """
        scene = job.scene
        if scene.kind.card is None:
            raise CardFailed(
                f"engine ready does not make products, and this is {scene.kind}",
                subject=scene.reference,
                hint="list the platform's CARD products",
            )
        if not scene.location:
            raise ObjectMissing("has no location in the catalogue", subject=scene.reference)
        self._check_size(job, scene.location)
        return open_product(job.local(scene.location), scene.kind)

    def _check_size(self, job: Job, location: str) -> None:
        # A catalogue that does not know the size has none, or 0.
        if not job.scene.size:
            return
        found = job.store.size(location)
        overhead = _ARCHIVE_OVERHEAD * len(job.store.list(location))
        if found + overhead < job.scene.size:
            raise CorruptProduct(
                f"has {found} bytes, the catalogue says {job.scene.size}",
                subject=location,
                hint="it is tried again when the platform publishes it again",
            )
