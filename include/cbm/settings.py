"""All settings, in one place: environment (``CBM_...``) over ``cbm.toml`` over the defaults here.

They are read when :func:`settings` is called, never at import, so that a DAG file can be parsed
anywhere. ``cbm.example.toml`` shows every default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints

from cbm.errors import SettingsError

PREFIX = "CBM_"


@dataclass(frozen=True, slots=True)
class Platform:
    """Where one platform's services are; each can be set apart from the others.

    :param catalogue_url: base of its catalogue API; empty means the public service.
    :param store: where its products are read: ``files:/eodata`` for a mounted store.
    :param closed: the public service is gone; ``catalogue_url`` must be given.
    """

    catalogue_url: str = ""
    store: str = "files:/eodata"
    closed: bool = False


_PLATFORMS: Mapping[str, Platform] = {
    "cdse": Platform("https://catalogue.dataspace.copernicus.eu/odata/v1"),
    "creodias": Platform("https://datahub.creodias.eu/odata/v1"),
    "local": Platform("http://127.0.0.1:8400/odata/v1", "files:.run/demo/eodata"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its unit in its name."""

    database_url: str = field(
        default="", metadata={"help": "PostgreSQL with PostGIS, e.g. postgresql://user@host/cbm"}
    )
    platform: str = field(default="cdse", metadata={"help": "the platform to search and fetch from"})
    http_timeout_s: float = field(default=60.0, metadata={"help": "seconds for one HTTP reply"})
    http_attempts: int = field(default=6, metadata={"help": "tries before a platform is given up"})
    http_requests_per_s: float = field(default=3.0, metadata={"help": "requests a second, at most"})
    catalogue_page: int = field(default=1000, metadata={"help": "entries a page, at most"})
    catalogue_overlap_days: float = field(
        default=3.0, metadata={"help": "how far before its watermark a poll looks again"}
    )
    lease_minutes: float = field(
        default=30.0, metadata={"help": "after this a silent worker's task is taken by another"}
    )
    max_attempts: int = field(default=5, metadata={"help": "extraction tries before a scene is set aside"})
    rule: str = field(default="centre", metadata={"help": "which pixels count: centre or coverage"})
    clear_classes: str = field(
        default="4,5,6,7", metadata={"help": "SCL classes that count as clear; empty: use every pixel"}
    )
    stripe_rows: int = field(default=512, metadata={"help": "raster rows read at a time"})
    gdal_cache_mb: int = field(default=64, metadata={"help": "GDAL's block cache, megabytes"})
    bs_latency_hours: float = field(default=48.0, metadata={"help": "usual age of CARD-BS at publication"})
    c6_latency_hours: float = field(default=72.0, metadata={"help": "usual age of CARD-COH6 at publication"})
    s2_latency_hours: float = field(default=36.0, metadata={"help": "usual age of CARD-2A at publication"})
    gap_give_up_days: float = field(
        default=30.0, metadata={"help": "after this long a gap is confirmed and no longer polled"}
    )
    gap_first_retry_hours: float = field(
        default=6.0, metadata={"help": "first new look at a gap; each next one waits twice as long"}
    )
    review_share: float = field(
        default=0.05, metadata={"help": "share of parcels that inspectors can look at (red)"}
    )
    outlier_folds: int = field(default=4, metadata={"help": "out-of-fold models"})
    smallest_crop: int = field(default=30, metadata={"help": "parcels below which a crop is too rare to judge"})
    smallest_area_ha: float = field(
        default=0.3, metadata={"help": "hectares below which a parcel is inconclusive"}
    )
    mail_to: str = field(default="", metadata={"help": "addresses of the digest, comma separated"})
    airflow_url: str = field(default="", metadata={"help": "base of links into the Airflow UI"})
    platforms: Mapping[str, Platform] = field(
        default_factory=lambda: dict(_PLATFORMS), metadata={"help": "services by platform"}
    )

    def latency(self, card: str) -> timedelta:
        """Usual time from sensing to publication of a CARD product."""
        hours = {"bs": self.bs_latency_hours, "s2": self.s2_latency_hours}
        return timedelta(hours=hours.get(card, self.c6_latency_hours))

    def clear_scl(self) -> tuple[int, ...]:
        """The SCL classes that count as clear; empty for every pixel."""
        return tuple(int(part) for part in self.clear_classes.split(",") if part.strip())

    def service(self, platform: str) -> Platform:
        """The services of a platform.

        :raises SettingsError: unknown, or closed and without a URL of its own.
        """
        if platform not in self.platforms:
            known = ", ".join(sorted(self.platforms))
            raise SettingsError("unknown platform", subject=platform, hint=f"one of {known}")
        service = self.platforms[platform]
        if not service.catalogue_url:
            raise SettingsError(
                "this platform has no public service",
                subject=platform,
                hint=f"set {PREFIX}PLATFORMS_{platform.upper()}_CATALOGUE_URL",
            )
        return service


def settings(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings now.

    :param environ: instead of the process environment.
    :param file: instead of ``$CBM_CONFIG`` or ``cbm.toml`` in the working directory.
    :raises SettingsError: an unknown key, or a value of the wrong type; both are named.
    """
    environ = os.environ if environ is None else environ
    path = file or Path(environ.get(f"{PREFIX}CONFIG", "cbm.toml"))
    table = _read(path, required=file is not None or f"{PREFIX}CONFIG" in environ)
    tables = table.pop("platforms", {})
    names = {f.name for f in fields(Settings)} - {"platforms"}
    unknown = sorted(set(table) - names)
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}", subject=path)
    values = {name: table[name] for name in names & set(table)}
    values |= {name: environ[key] for name in names if (key := PREFIX + name.upper()) in environ}
    return Settings(**_typed(Settings, values), platforms=_platforms(tables, environ, path))


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        if required:
            raise SettingsError("no such settings file", subject=path) from None
        return {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}", subject=path) from error


def _platforms(
    tables: Mapping[str, Any], environ: Mapping[str, str], path: Path
) -> dict[str, Platform]:
    platforms = {}
    for name in {*_PLATFORMS, *tables}:
        base = _PLATFORMS.get(name, Platform())
        values = {f.name: getattr(base, f.name) for f in fields(Platform)}
        unknown = sorted(set(tables.get(name, {})) - set(values))
        if unknown:
            raise SettingsError(f"unknown setting platforms.{name}.{unknown[0]}", subject=path)
        values |= tables.get(name, {})
        stem = f"{PREFIX}PLATFORMS_{name.upper()}_"
        values |= {key: environ[stem + key.upper()] for key in values if stem + key.upper() in environ}
        platforms[name] = Platform(**_typed(Platform, values))
    return platforms


def _typed(cls: type, values: Mapping[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {name: _convert(name, value, hints[name]) for name, value in values.items()}


def _convert(name: str, value: Any, kind: type) -> Any:
    try:
        if kind is bool and isinstance(value, str):
            return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
        return kind(value)
    except (KeyError, TypeError, ValueError):
        raise SettingsError(f"{value!r} is not a {kind.__name__}", subject=name) from None


def defaults() -> dict[str, tuple[Any, str]]:
    """Name -> (default, help) of every plain setting, for the documentation and its test."""
    return {
        f.name: (f.default, f.metadata["help"]) for f in fields(Settings) if f.default is not MISSING
    }
