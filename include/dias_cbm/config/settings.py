"""All settings, in one place: environment (``CBM_...``) over ``cbm.toml`` over the defaults here.

They are read when :func:`settings` is called, never at import, so that a DAG file can be parsed
anywhere. ``cbm.example.toml`` shows every default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from dias_cbm.cards import Card
from dias_cbm.config.platforms import KNOWN, MADE, Platform, configured, stem
from dias_cbm.config.values import PREFIX, typed_values
from dias_cbm.errors import SettingsError
from dias_cbm.vertical_datum import VerticalDatum

_ENGINES = ("ready", "order", "snap", "sen2cor", "embedded")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its unit in its name."""

    database_url: str = field(
        default="",
        repr=False,  # it may hold a password
        metadata={"help": "PostgreSQL with PostGIS, e.g. postgresql://user@host/cbm"},
    )
    platform: str = field(
        default="cdse", metadata={"help": "the platform to search and fetch from"}
    )
    search_also: str = field(
        default="",
        metadata={"help": "platforms to search besides, in this order, for what the first lacks"},
    )
    http_timeout_s: float = field(
        default=60.0, metadata={"help": "seconds for one HTTP reply", "positive": True}
    )
    http_attempts: int = field(
        default=6, metadata={"help": "tries before a platform is given up", "positive": True}
    )
    http_requests_per_s: float = field(
        default=3.0, metadata={"help": "requests a second, at most", "positive": True}
    )
    catalogue_page: int = field(
        default=1000, metadata={"help": "entries a page, at most", "positive": True}
    )
    catalogue_overlap_days: float = field(
        default=3.0, metadata={"help": "how far before its watermark a poll looks again"}
    )
    fetch_from: str = field(
        default="",
        metadata={"help": "platforms whose stores to try in turn; empty: the one that listed it"},
    )
    store_part_mb: float = field(
        default=16.0,
        metadata={"help": "megabytes of an object to fetch at a time", "positive": True},
    )
    product_folder: str = field(
        default=".run/products", metadata={"help": "where products of object stores are kept"}
    )
    product_folder_gb: float = field(
        default=20.0, metadata={"help": "gigabytes of products kept there; the oldest go first"}
    )
    bs_engines: str = field(
        default="ready",
        metadata={"help": "how to come by CARD-BS, in turn: ready, order, snap, embedded"},
    )
    c6_engines: str = field(default="ready", metadata={"help": "the same of CARD-COH6 and -COH12"})
    s2_engines: str = field(
        default="ready",
        metadata={"help": "the same of CARD-2A: ready, order, sen2cor, embedded"},
    )
    dem: str = field(
        default="",
        metadata={"help": "elevation model that CARD is made with: a raster, or a folder of them"},
    )
    dem_datum: str = field(
        default=VerticalDatum.EGM2008.value,
        metadata={
            "help": "what its heights are above: egm2008, egm96 or ellipsoid",
            "choices": tuple(VerticalDatum),
        },
    )
    orbit_folder: str = field(
        default="", metadata={"help": "folder of Sentinel-1 orbit files (EOF); empty: none"}
    )
    c6_diversity: bool = field(
        default=False,
        metadata={
            "help": "correct the registration of coherence pairs by enhanced spectral diversity"
        },
    )
    card_cog: bool = field(
        default=False, metadata={"help": "make radar CARD as cloud-optimised GeoTIFF"}
    )
    card_compression: str = field(
        default="zstd",
        metadata={
            "help": "compression of GeoTIFFs made here; deflate for readers that lack zstd",
            "choices": ("zstd", "deflate"),
        },
    )
    card_memory_gb: float = field(
        default=8.0,
        metadata={"help": "gigabytes of address space for making one product", "positive": True},
    )
    card_hours: float = field(
        default=3.5, metadata={"help": "hours for making one product", "positive": True}
    )
    card_free_gb: float = field(
        default=10.0, metadata={"help": "gigabytes that must be free before a product is made"}
    )
    snap_gpt: str = field(
        default="", metadata={"help": "SNAP's gpt; empty: looked for on the PATH and in SNAP_HOME"}
    )
    snap_memory_gb: float = field(
        default=8.0, metadata={"help": "gigabytes that SNAP may take", "positive": True}
    )
    snap_threads: int = field(default=2, metadata={"help": "threads of SNAP", "positive": True})
    snap_flattening: bool = field(
        default=False,
        metadata={"help": "CARD-BS of SNAP as gamma0 over the terrain, not over the ellipsoid"},
    )
    sen2cor: str = field(
        default="", metadata={"help": "Sen2Cor's L2A_Process; empty: looked for on the PATH"}
    )
    surface_aot: float = field(
        default=0.0,
        metadata={"help": "aerosol at 550 nm of CARD-2A made here; 0: told by the image"},
    )
    surface_water_cm: float = field(
        default=0.0, metadata={"help": "its water vapour, g/cm2; 0: told by the image"}
    )
    surface_ozone_cm: float = field(default=0.33, metadata={"help": "its ozone, cm-atm"})
    surface_altitude_m: float = field(
        default=0.0, metadata={"help": "height of its ground above the sea, metres"}
    )
    order_platform: str = field(
        default="", metadata={"help": "platform to order CARD from; empty: the one in use"}
    )
    order_attempts: int = field(
        default=3, metadata={"help": "orders of one product before it has failed", "positive": True}
    )
    order_patience_hours: float = field(
        default=48.0, metadata={"help": "hours in which an ordered product is waited for"}
    )
    range_reads_below: float = field(
        default=0.25,
        metadata={
            "help": "radar products with a smaller share over the seasons stay in an object store,"
            " and are read by ranges; 0: never"
        },
    )
    range_reads_from_mb: float = field(
        default=64.0, metadata={"help": "megabytes of a file from which on it is read by ranges"}
    )
    lease_minutes: float = field(
        default=30.0, metadata={"help": "after this a silent worker's task is taken by another"}
    )
    max_attempts: int = field(
        default=5, metadata={"help": "extraction tries before a scene is set aside"}
    )
    rule: str = field(
        default="centre",
        metadata={
            "help": "which pixels of a parcel count: centre, or coverage (all, by share)",
            "choices": ("centre", "coverage"),
        },
    )
    inner_buffer_m: float = field(
        default=0.0, metadata={"help": "metres by which parcels are shrunk before extraction"}
    )
    minimum_pixels: int = field(
        default=1,
        metadata={"help": "parcels with fewer pixels are flagged; they keep their values"},
    )
    clear_classes: str = field(
        default="4,5,6,7",
        metadata={"help": "SCL classes that count as clear; empty: use every pixel"},
    )
    s2_bands: str = field(
        default="B02,B03,B04,B08,B11",
        metadata={"help": "bands of CARD-2A to extract, where a product has them"},
    )
    s2_indices: str = field(
        default="NDVI", metadata={"help": "indices of CARD-2A per pixel: NDVI,NDWI,BSI..."}
    )
    bs_indices: str = field(default="", metadata={"help": "indices of CARD-BS per pixel: VH/VV..."})
    stripe_rows: int = field(
        default=256, metadata={"help": "raster rows read at a time", "positive": True}
    )
    gdal_cache_mb: int = field(
        default=32, metadata={"help": "GDAL's block cache, megabytes", "positive": True}
    )
    bs_latency_hours: float = field(
        default=48.0, metadata={"help": "usual age of CARD-BS at publication"}
    )
    c6_latency_hours: float = field(
        default=72.0, metadata={"help": "usual age of CARD-COH6 at publication"}
    )
    s2_latency_hours: float = field(
        default=36.0, metadata={"help": "usual age of CARD-2A at publication"}
    )
    gap_give_up_days: float = field(
        default=30.0, metadata={"help": "after this long a gap is confirmed and no longer polled"}
    )
    gap_first_retry_hours: float = field(
        default=6.0, metadata={"help": "first new look at a gap; each next one waits twice as long"}
    )
    acquisition_plans: str = field(
        default="", metadata={"help": "folder of acquisition plans (KML); empty: none"}
    )
    cloudy_share: float = field(
        default=0.01,
        metadata={"help": "share of clear pixels over a tile below which a pass was too cloudy"},
    )
    review_share: float = field(
        default=0.05, metadata={"help": "share of parcels that inspectors can look at (red)"}
    )
    outlier_folds: int = field(default=4, metadata={"help": "out-of-fold models"})
    smallest_crop: int = field(
        default=30, metadata={"help": "parcels below which a crop is too rare to judge"}
    )
    smallest_area_ha: float = field(
        default=0.3, metadata={"help": "hectares below which a parcel is inconclusive"}
    )
    mail_to: str = field(default="", metadata={"help": "addresses of the digest, comma separated"})
    airflow_url: str = field(default="", metadata={"help": "base of links into the Airflow UI"})
    run_folder: str = field(default=".run", metadata={"help": "what the demo keeps while it runs"})
    pg_port: int = field(
        default=54321, metadata={"help": "port of the private PostgreSQL, or the next"}
    )
    airflow_port: int = field(
        default=8080, metadata={"help": "port of the demo's Airflow, or the next"}
    )
    dias_port: int = field(
        default=8400, metadata={"help": "port of the local DIAS, or the next free one"}
    )
    smtp_port: int = field(
        default=8025, metadata={"help": "port of the demo's mailbox, or the next"}
    )
    platforms: Mapping[str, Platform] = field(
        default_factory=lambda: dict(KNOWN), metadata={"help": "services by platform"}
    )

    def latency(self, card: str) -> timedelta:
        """Usual time from sensing to publication of a CARD product, on the platform in use.

        :param card: ``c12`` takes as long as ``c6``.
        """
        name = f"{Card(card).family}_latency_hours"
        return timedelta(hours=self._of_platform(name) or getattr(self, name))

    def give_up(self, card: str) -> timedelta:
        """After this long a gap of a card is confirmed, on the platform in use."""
        name = f"{Card(card).family}_give_up_days"
        return timedelta(days=self._of_platform(name) or self.gap_give_up_days)

    def _of_platform(self, name: str) -> float:
        """What is set for the platform in use; 0 for nothing of its own."""
        platform = self.platforms.get(self.platform)
        return getattr(platform, name) if platform else 0.0

    def clear_scl(self) -> tuple[int, ...]:
        """The SCL classes that count as clear; empty for every pixel.

        :raises SettingsError: not a list of whole numbers.
        """
        parts = [part.strip() for part in self.clear_classes.split(",") if part.strip()]
        if not all(part.isdecimal() and int(part) < 12 for part in parts):
            raise SettingsError(
                f"{self.clear_classes!r} is no list of SCL classes (0 to 11)",
                subject="clear_classes",
                hint='for example "4,5,6,7"',
            )
        return tuple(int(part) for part in parts)

    def engines(self, card: str) -> tuple[str, ...]:
        """Engines to try for a card, in order.

        :param card: ``c12`` is made as ``c6``.
        :raises SettingsError: an engine that does not exist, or none.
        """
        setting = f"{Card(card).family}_engines"
        names = tuple(part.strip() for part in getattr(self, setting).split(",") if part.strip())
        unknown = [name for name in names if name not in _ENGINES]
        if unknown or not names:
            raise SettingsError(
                f"{', '.join(unknown) or 'nothing'} is no engine",
                subject=setting,
                hint=f"a list of {', '.join(_ENGINES)}",
            )
        return names

    def search_chain(self) -> tuple[str, ...]:
        """Platforms whose catalogues are searched, the one in use first."""
        also = [name.strip() for name in self.search_also.split(",") if name.strip()]
        return tuple(dict.fromkeys([self.platform, *also]))

    def fetch_chain(self, platform: str) -> tuple[str, ...]:
        """Platforms whose stores to try, in order, for a product that ``platform`` listed."""
        if platform == MADE:
            return (MADE,)
        chain = tuple(name.strip() for name in self.fetch_from.split(",") if name.strip())
        return chain or (platform,)

    def known(self, platform: str) -> Platform:
        """What is configured for a platform, whether or not it has a catalogue.

        :raises SettingsError: unknown.
        """
        if platform not in self.platforms:
            names = ", ".join(sorted(self.platforms))
            raise SettingsError("unknown platform", subject=platform, hint=f"one of {names}")
        return self.platforms[platform]

    def service(self, platform: str, catalogue_url: str | None = None) -> Platform:
        """The services of a platform.

        :param catalogue_url: instead of the configured one.
        :raises SettingsError: unknown, or closed and without a URL of its own.
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


def settings(environ: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read the settings now.

    :param environ: instead of the process environment.
    :param file: instead of ``$CBM_CONFIG`` or ``cbm.toml`` in the working directory.
    :raises SettingsError: an unknown key, or a value of the wrong type; both are named.
    """
    # Read whole, once: each look into os.environ encodes and decodes.
    environ = dict(os.environ if environ is None else environ)
    path = file or Path(environ.get(f"{PREFIX}CONFIG", "cbm.toml"))
    table = _read(path, required=file is not None or f"{PREFIX}CONFIG" in environ)
    tables = table.pop("platforms", {})
    names = {f.name for f in fields(Settings)} - {"platforms"}
    unknown = sorted(set(table) - names)
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}", subject=path)
    values = {name: table[name] for name in names & set(table)}
    values |= {name: environ[key] for name in names if (key := PREFIX + name.upper()) in environ}
    return Settings(**typed_values(Settings, values), platforms=configured(tables, environ, path))


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


def defaults() -> dict[str, tuple[Any, str]]:
    """Name -> (default, help) of every plain setting, for the documentation and its test."""
    return {
        f.name: (f.default, f.metadata["help"])
        for f in fields(Settings)
        if f.default is not MISSING
    }
