"""Probes of this library's engines: what each needs, and what is installed."""

from __future__ import annotations

from pathlib import Path

from dias_cbm.card.engines.registry import MAKERS, Finding, is_there
from dias_cbm.card.optical.clouds import model_file
from dias_cbm.config.settings import settings
from dias_cbm.errors import CardFailed


def ready() -> list[Finding]:
    """The platform's store."""
    current = settings()
    stores = ", ".join(current.known(name).store for name in current.fetch_chain(current.platform))
    return [Finding("store of the platform", stores or None, "see docs/stores.md")]


def order() -> list[Finding]:
    """The order service, an account, and the database that orders are kept in."""
    current = settings()
    platform = current.order.platform or current.platform
    service = current.known(platform)
    name = f"CBM_PLATFORMS_{platform.upper().replace('-', '_')}"
    return [
        Finding("order service", service.order_url or None, f"set {name}_ORDER_URL"),
        Finding("account", service.username or None, f"set {name}_USERNAME and {name}_PASSWORD"),
        Finding("database", "set" if current.database.url else None, "set CBM_DATABASE_URL"),
    ]


def embedded() -> list[Finding]:
    """The functions that make each card, elevation model and orbits."""
    found = [
        Finding(
            f"code for {card}",
            maker.function.partition(":")[0] if is_there(maker.function) else None,
            "install a version of cbm that has it",
            needed=False,
        )
        for (engine, card), maker in MAKERS.items()
        if engine == "embedded"
    ]
    current = settings().card
    return [
        *found,
        _cloud_model(),
        _path(
            "elevation model",
            current.dem,
            "set CBM_CARD_DEM: Copernicus DEM GLO-30",
            needed=True,
        ),
        _path(
            "orbit files",
            current.orbit_folder,
            "set CBM_CARD_ORBIT_FOLDER; without it the orbit in the annotation is used",
            needed=False,
        ),
    ]


def _cloud_model() -> Finding:
    try:
        return Finding("cloud model of CARD-2A", str(model_file()))
    except CardFailed as error:
        return Finding("cloud model of CARD-2A", None, str(error.hint), needed=False)


def _path(what: str, value: str | None, hint: str, *, needed: bool) -> Finding:
    there = value is not None and Path(value).expanduser().exists()
    if value and not there:
        hint = f"{value} does not exist"
    return Finding(what, value if there else None, hint, needed)
