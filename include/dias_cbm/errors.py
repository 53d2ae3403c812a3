"""The errors that this library raises on purpose: one base class, each error with its subject.

An error that ends the work on a scene has a ``cause``, which becomes the cause of its gap.
"""

from __future__ import annotations

from typing import ClassVar

from dias_cbm.scenes import Cause


class CbmError(Exception):
    """Base of all errors of this library.

    :param message: what is wrong, in one sentence.
    :param subject: the file, parcel or scene it is about.
    :param hint: what the reader can do about it.
    """

    cause: ClassVar[Cause | None] = None

    def __init__(self, message: str, *, subject: object = None, hint: str | None = None) -> None:
        self.message = message
        self.subject = None if subject is None else str(subject)
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        text = self.message if self.subject is None else f"{self.subject}: {self.message}"
        return text if self.hint is None else f"{text} ({self.hint})"


class SettingsError(CbmError):
    """A setting is missing or has a value that cannot be used."""


class FolderNotShared(SettingsError):
    """A machine does not see the folder of products that the other machines use."""


class DatabaseError(CbmError):
    """The database is not what this version of the code expects."""


class ServiceError(CbmError):
    """A required process does not start, stop or answer as it should."""


class StateConflict(CbmError):
    """A ledger row was not in the expected state; another process has changed it."""


class StillHeld(StateConflict):
    """Another process holds what only one may do at a time, for longer than was waited."""


class SeasonError(CbmError):
    """A season does not exist, already exists, or cannot be changed as requested."""


class MarkerError(CbmError):
    """A marker does not exist, cannot be loaded, or breaks its contract."""


class RuleError(CbmError):
    """A rule file cannot be read or has faults, or does not fit the season.

    :param faults: a sentence each.
    """

    def __init__(
        self,
        message: str,
        *,
        subject: object = None,
        hint: str | None = None,
        faults: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, subject=subject, hint=hint)
        self.faults = faults


class ParcelUnknown(CbmError):
    """A season has no such parcel."""


class ParcelFileError(CbmError):
    """A parcel file cannot be loaded as it is."""


class CatalogueError(CbmError):
    """A catalogue did not give a usable answer."""

    cause = Cause.NOT_INDEXED


class RateLimited(CatalogueError):
    """The platform asks to slow down (HTTP 429), after all retries."""


class Unavailable(CatalogueError):
    """The platform does not answer, or answers with a server error."""


class BadQuery(CatalogueError):
    """The platform refuses the query (HTTP 4xx); asking again will not help."""


class Unauthorised(CatalogueError):
    """The platform refuses the credentials."""


class SchemaChanged(CatalogueError):
    """A reply does not have the documented shape; the message names the offending path."""


class TooManyResults(CatalogueError):
    """A window holds more scenes than the platform will list, and cannot be halved further."""


class StoreError(CbmError):
    """An object could not be fetched from its store."""

    cause = Cause.FETCH_FAILED


class ObjectMissing(StoreError):
    """The store does not hold the object that the catalogue points to."""


class ProductGone(ObjectMissing):
    """A product that statistics were made from is not in its store any more."""


class StoreDenied(StoreError):
    """The store refuses the credentials, or does not grant them this access."""


class StoreDown(StoreError):
    """The store does not answer, breaks off, or has a server error, after all retries."""


class Throttled(StoreError):
    """The store asks to slow down (HTTP 429, 503 SlowDown), after all retries."""


class ChecksumMismatch(StoreError):
    """A file does not match the checksum of the store or the catalogue; it was deleted."""


class ProductError(CbmError):
    """A product cannot be used."""

    cause = Cause.CORRUPT


class CorruptProduct(ProductError):
    """A file of the product is missing, truncated or cannot be decoded."""


class InconsistentProduct(ProductError):
    """The product's files contradict each other or its metadata."""


class GridError(ProductError):
    """A raster grid cannot be used: no CRS, rotated, sheared or without extent."""


class NoOverlap(ProductError):
    """The layers of a product cover no ground together, so there are values of no parcel."""

    cause = Cause.NO_PARCELS


class OffRaster(ProductError):
    """A parcel does not lie on a product's raster, or only in part."""

    cause = Cause.NO_PARCELS


class CardFailed(CbmError):
    """A CARD engine did not make its product."""

    cause = Cause.CARD_FAILED


class OrbitFileError(CardFailed):
    """An orbit file cannot be used; the product that it was for is not to blame."""

    cause = Cause.ORBIT_UNREADABLE


class ElevationError(CardFailed):
    """An elevation model cannot be used; the product that it was for is not to blame."""


class Unsynchronised(CardFailed):
    """The bursts of a pair begin at places too far apart for coherence; no engine can change it."""

    cause = Cause.UNSYNCHRONISED


class CardPending(CbmError):
    """A CARD product is being made elsewhere, or is queued; ask again later."""

    cause = Cause.PENDING


class QuotaExhausted(CardPending):
    """The account may not order anything more for now."""


class PairError(InconsistentProduct):
    """Two acquisitions do not form a coherence pair."""


class ExtractionFailed(CbmError):
    """Statistics of a product could not be computed or stored."""

    cause = Cause.EXTRACTION_FAILED


class MixedBackscatter(ExtractionFailed):
    """A product has gamma0 over the terrain, and its season over the ellipsoid; or reversed."""


class OutputError(CbmError):
    """A file or folder of results cannot be written."""


class DecisionError(CbmError):
    """A decision, or a file of decisions or crop groups, cannot be recorded as it is."""


class NotEnoughData(CbmError):
    """There is too little to work on; the message says what is missing."""


class RecordFileError(CbmError):
    """A table of records from elsewhere cannot be read, or is not what it is said to be."""


class SeriesError(CbmError):
    """A source of series does not exist, exists already, or cannot be loaded as it is."""


class SampleError(CbmError):
    """A list, table or finding of the quality sample cannot be used; the subject names its row."""


class ChipError(CbmError):
    """A chip cannot be cut as it is asked for: its scene, bands, size or format."""


class SceneUnknown(ChipError):
    """A season has no such scene, or none with statistics of the parcel."""


class ProductNotHeld(ChipError):
    """A scene has statistics, but no product: they were made elsewhere."""
