"""Every error this library raises on purpose: one base, few leaves, each naming its subject.

An error that ends the work on a scene says, as ``cause``, which gap it leaves behind.
"""

from __future__ import annotations

from typing import ClassVar

from dias_cbm.scenes import Cause


class CbmWarning(UserWarning):
    """Something a user should look at, though the work goes on."""


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


class DatabaseError(CbmError):
    """The database is not what this version of the code expects."""


class ServiceError(CbmError):
    """A process that is needed does not start, stop or answer as it should."""


class StateConflict(CbmError):
    """A ledger row was not in the state that the change expected; somebody else changed it."""


class SeasonError(CbmError):
    """A season does not exist, exists already, or cannot be as asked."""


class ParcelUnknown(CbmError):
    """A season has no such parcel."""


class ParcelFileError(CbmError):
    """A parcel file cannot be loaded as it is."""


class CatalogueError(CbmError):
    """A catalogue did not give a usable answer."""

    cause = Cause.NOT_INDEXED


class RateLimited(CatalogueError):
    """The platform asks to slow down (HTTP 429), and went on asking."""


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


class StoreDenied(StoreError):
    """The store refuses the credentials, or what they may do."""


class StoreDown(StoreError):
    """The store does not answer, breaks off, or answers with a server error; and went on so."""


class Throttled(StoreError):
    """The store asks to slow down (HTTP 429, 503 SlowDown), and went on asking."""


class ChecksumMismatch(StoreError):
    """What arrived is not what the store or the catalogue says it is; it was thrown away."""


class ProductError(CbmError):
    """A product cannot be used."""

    cause = Cause.CORRUPT


class CorruptProduct(ProductError):
    """A file of the product is missing, truncated or cannot be decoded."""


class InconsistentProduct(ProductError):
    """The product's files contradict each other or its metadata."""


class GridError(ProductError):
    """A raster grid cannot be used: no CRS, rotated, sheared or without extent."""


class CardFailed(CbmError):
    """A CARD engine did not make its product."""

    cause = Cause.CARD_FAILED


class CardPending(CbmError):
    """A CARD product is being made elsewhere, or waits for its turn; ask again later."""

    cause = Cause.PENDING


class QuotaExhausted(CardPending):
    """The account may order nothing more for now."""


class PairError(InconsistentProduct):
    """Two acquisitions that make no coherence pair."""


class ExtractionFailed(CbmError):
    """Statistics of a product could not be computed or stored."""

    cause = Cause.EXTRACTION_FAILED


class NotEnoughData(CbmError):
    """There is too little to work on; the message says what is missing."""
