"""All settings: environment (``CBM_...``) over ``cbm.toml`` over the defaults in the tables.

They are read when :func:`settings` is called, never at import, so that a DAG file can be parsed
anywhere. ``cbm.example.toml`` and ``docs/settings.md`` list them; both are written from the code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from dias_cbm.cards import Card
from dias_cbm.config import card_tables, secrets, tables
from dias_cbm.config.names import variable
from dias_cbm.config.platforms import KNOWN, MADE, Platform, stem
from dias_cbm.config.reading import DEFAULT, Origin, read
from dias_cbm.config.values import PREFIX, setting
from dias_cbm.errors import SettingsError
from dias_cbm.small_file import stamp


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, by table; see :mod:`tables` and :mod:`card_tables`."""

    platform: str = setting("cdse", "the platform to search and fetch from")
    extra_platforms: tuple[str, ...] = setting(
        (),
        "more platforms to search, in this order, for what the first one lacks",
        example=("creodias",),
    )
    store_platforms: tuple[str, ...] = setting(
        (),
        "platforms whose stores to try, in this order; default: the one that listed the product",
        example=("creodias", "cdse"),
    )
    database: tables.Database = field(default_factory=tables.Database)
    http: tables.Http = field(default_factory=tables.Http)
    catalogue: tables.Catalogue = field(default_factory=tables.Catalogue)
    store: tables.Store = field(default_factory=tables.Store)
    card: card_tables.CardMaking = field(default_factory=card_tables.CardMaking)
    snap: card_tables.Snap = field(default_factory=card_tables.Snap)
    sen2cor: card_tables.Sen2cor = field(default_factory=card_tables.Sen2cor)
    atmosphere: card_tables.Atmosphere = field(default_factory=card_tables.Atmosphere)
    order: card_tables.Order = field(default_factory=card_tables.Order)
    cost: card_tables.Cost = field(default_factory=card_tables.Cost)
    extraction: tables.Extraction = field(default_factory=tables.Extraction)
    completeness: tables.Completeness = field(default_factory=tables.Completeness)
    outliers: tables.Outliers = field(default_factory=tables.Outliers)
    markers: tables.Markers = field(default_factory=tables.Markers)
    chips: tables.Chips = field(default_factory=tables.Chips)
    rules: tables.Rules = field(default_factory=tables.Rules)
    mail: tables.Mail = field(default_factory=tables.Mail)
    airflow: tables.Airflow = field(default_factory=tables.Airflow)
    window: tables.Window = field(default_factory=tables.Window)
    platforms: Mapping[str, Platform] = field(default_factory=lambda: dict(KNOWN))

    def latency(self, card: str) -> timedelta:
        """Usual time from sensing to publication of a CARD product, on the platform in use.

        :param card: ``c12`` takes as long as ``c6``.
        """
        name = f"{Card(card).family}_latency_hours"
        own = getattr(self.known(self.platform), name)
        return timedelta(hours=getattr(self.completeness, name) if own is None else own)

    def give_up(self, card: str) -> timedelta:
        """Age at which a gap of a card is confirmed, on the platform in use."""
        own = getattr(self.known(self.platform), f"{Card(card).family}_give_up_days")
        return timedelta(days=self.completeness.give_up_days if own is None else own)

    def engines(self, card: str) -> tuple[str, ...]:
        """Engines to try for a card, in order.

        :param card: ``c12`` is made as ``c6``.
        """
        names: tuple[str, ...] = getattr(self.card, f"{Card(card).family}_engines")
        return names

    def search_chain(self) -> tuple[str, ...]:
        """Platforms whose catalogues are searched, the one in use first."""
        return tuple(dict.fromkeys([self.platform, *self.extra_platforms]))

    def fetch_chain(self, platform: str) -> tuple[str, ...]:
        """Platforms whose stores to try, in order, for a product that ``platform`` listed."""
        if platform == MADE:
            return (MADE,)
        return self.store_platforms or (platform,)

    def simulated_platforms(self) -> tuple[str, ...]:
        """Platforms whose products are not real."""
        return tuple(name for name, platform in self.platforms.items() if platform.simulated)

    def known(self, platform: str) -> Platform:
        """The configuration of a platform, whether or not it has a catalogue.

        :raises SettingsError: the platform is unknown.
        """
        if platform not in self.platforms:
            names = ", ".join(sorted(self.platforms))
            raise SettingsError("unknown platform", subject=platform, hint=f"one of {names}")
        return self.platforms[platform]

    def service(self, platform: str, catalogue_url: str | None = None) -> Platform:
        """The services of a platform that has a catalogue.

        :param catalogue_url: instead of the configured one.
        :raises SettingsError: the platform is unknown, or no URL of its catalogue is known.
        """
        service = self.known(platform)
        if catalogue_url is not None:
            service = replace(service, catalogue_url=catalogue_url)
        if not service.catalogue_url:
            raise SettingsError(
                "this platform has no public service",
                subject=platform,
                hint=f"set {stem(platform)}CATALOGUE_URL",
            )
        return service


@dataclass(frozen=True, slots=True)
class Reading:
    """Settings, with the origins of their values.

    :param origins: origin of each value that is given, by name.
    """

    settings: Settings
    origins: Mapping[str, Origin]

    def origin(self, name: str) -> Origin:
        """Where a setting's value comes from."""
        return self.origins.get(name, DEFAULT)


_last: tuple[Any, Reading] | None = None


def settings(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """The settings in force; the same object as long as nothing has changed.

    :param environ: instead of the process environment.
    :param file: instead of ``$CBM_CONFIG`` or ``cbm.toml`` in the working directory.
    :raises SettingsError: an unknown name, or an invalid value; the message names it.
    """
    return reading(environ, file).settings


def reading(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Reading:
    """The settings, and where each value comes from.

    :raises SettingsError: as :func:`settings`.
    """
    global _last
    names = os.environ if environ is None else environ
    # Pages ask hundreds of times: the values of other variables are not even decoded.
    chosen = {name: names[name] for name in names if name.startswith(PREFIX)}
    named = chosen.get(variable("config"))
    path = file or Path(named or "cbm.toml")
    state = (chosen, path, stamp(path), secrets.stamps(chosen))
    if _last is None or _last[0] != state:
        given = read(Settings, chosen, path, required=file is not None or named is not None)
        found = Reading(Settings(**given.parts), given.origins)
        _check_platforms(found)
        _last = (state, found)
    return _last[1]


def _check_platforms(found: Reading) -> None:
    """Check every setting that names a platform.

    :raises SettingsError: the platform is unknown; the message names the setting.
    """
    now = found.settings
    named = {
        "platform": (now.platform,),
        "extra_platforms": now.extra_platforms,
        "store_platforms": now.store_platforms,
        "order.platform": () if now.order.platform is None else (now.order.platform,),
    }
    for name, platforms in named.items():
        for platform in platforms:
            if platform not in now.platforms:
                raise SettingsError(
                    f"unknown platform {platform!r}",
                    subject=found.origin(name).subject(name),
                    hint=f"one of {', '.join(sorted(now.platforms))}",
                )
