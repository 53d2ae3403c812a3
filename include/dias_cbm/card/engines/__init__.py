"""Engines that provide CARD products, one per way, behind one interface."""

from __future__ import annotations

from pathlib import Path

from dias_cbm.card.engines.chain import ChainEngine
from dias_cbm.card.engines.embedded import LocalEngine
from dias_cbm.card.engines.job import CardEngine, Job, MakeOptions, Source
from dias_cbm.card.engines.platform_product import ReadyEngine
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Card

__all__ = [
    "CardEngine",
    "ChainEngine",
    "Job",
    "LocalEngine",
    "MakeOptions",
    "ReadyEngine",
    "Source",
    "engine_of",
    "make_options",
    "open_engine",
]


def open_engine(name: str, connection: Connection | None = None) -> CardEngine:
    """An engine by its name.

    :param connection: for ``order``, which keeps its orders in the database.
    :raises SettingsError: ``order`` without a database.
    """
    if name == "ready":
        return ReadyEngine()
    if name != "order":
        return LocalEngine(name)
    if connection is None:
        raise SettingsError(
            "needs a database to keep its orders in, and none is set",
            subject="order",
            hint="set CBM_DATABASE_URL",
        )
    from dias_cbm.card.engines.order import OrderEngine

    return OrderEngine(connection)


def engine_of(card: Card, connection: Connection | None = None) -> CardEngine:
    """The chain of engines that make a card's products here: all that are set except ``ready``.

    :raises SettingsError: an engine that does not exist, or none but ``ready``.
    """
    names = [name for name in settings().engines(card) if name != "ready"]
    if not names:
        raise SettingsError(
            "names no engine that makes a product",
            subject=f"card.{card}_engines",
            hint="see docs/cards.md",
        )
    return ChainEngine([open_engine(name, connection) for name in names])


def make_options(folder: Path, *, leased: bool = False) -> MakeOptions:
    """How products are made, from the settings.

    :param folder: where products are put.
    :param leased: the caller holds the product's lease.
    """
    current = settings().card
    dem = Path(current.dem).expanduser() if current.dem else None
    return MakeOptions(
        folder,
        dem=dem,
        datum=current.dem_datum,
        esd=current.c6_esd,
        common_band=current.c6_common_band,
        cog=current.cog,
        flattening=current.bs_flattening,
        layers=current.bs_layers,
        threads=current.threads,
        leased=leased,
    )
