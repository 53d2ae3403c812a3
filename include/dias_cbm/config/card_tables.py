"""Tables of the settings that are about making, ordering and paying for CARD products."""

from __future__ import annotations

from dataclasses import dataclass

from dias_cbm.config.values import setting
from dias_cbm.vertical_datum import VerticalDatum

#: Engines that can provide CARD products, radar and optical; see docs/cards.md.
RADAR_ENGINES = ("ready", "order", "snap", "embedded")
OPTICAL_ENGINES = ("ready", "order", "sen2cor", "embedded")
#: Bands of a CARD-BS made here beside the polarisations.
BS_LAYERS = ("mask", "incidence")


@dataclass(frozen=True, slots=True)
class CardMaking:
    """Getting and making CARD products."""

    bs_engines: tuple[str, ...] = setting(
        ("ready",), "engines to try for CARD-BS, in order", choices=RADAR_ENGINES, needed=True
    )
    c6_engines: tuple[str, ...] = setting(
        ("ready",),
        "engines to try for CARD-COH6 and CARD-COH12, in order",
        choices=RADAR_ENGINES,
        needed=True,
    )
    s2_engines: tuple[str, ...] = setting(
        ("ready",), "engines to try for CARD-2A, in order", choices=OPTICAL_ENGINES, needed=True
    )
    dem: str | None = setting(
        None, "elevation model: a raster, or a folder of them", example="/data/dem"
    )
    dem_datum: str = setting(
        VerticalDatum.EGM2008.value,
        "datum of its heights",
        choices=VerticalDatum,
    )
    orbit_folder: str | None = setting(
        None, "folder of Sentinel-1 orbit files (EOF)", example="/data/orbits"
    )
    c6_esd: bool = setting(
        False, "correct the coregistration of pairs by enhanced spectral diversity (ESD)"
    )
    c6_common_band: float = setting(
        0.5,
        "share of the azimuth band that the bursts of a pair must have in common; with less than"
        " 0.4 strips between bursts stay empty",
        unit="share",
        positive=True,
    )
    bs_flattening: bool = setting(
        False,
        "make CARD-BS as terrain-flattened gamma0, not as gamma0 over the ellipsoid; a season must"
        " have one of them only",
    )
    bs_layers: tuple[str, ...] = setting(
        (),
        "further bands of a CARD-BS made by the engine `embedded`: `mask` of layover and shadow,"
        " local `incidence` angle",
        choices=BS_LAYERS,
    )
    cog: bool = setting(False, "write radar CARD as cloud-optimised GeoTIFF")
    compression: str = setting(
        "zstd",
        "compression of GeoTIFFs made here; deflate for readers that lack zstd",
        choices=("zstd", "deflate"),
    )
    value_bits: int = setting(
        24,
        "significant bits of the pixels of radar GeoTIFFs made here; 24 keeps all; 16 is within"
        " 0.0015 %, 12 within 0.024 % or 0.001 dB, and the files are smaller",
        choices=(24, 16, 12),
    )
    memory_gb: float = setting(
        8.0, "limit of address space for making one product", unit="gigabytes", positive=True
    )
    threads: int = setting(
        1,
        "threads that make one product by the engine `embedded`; more than one only helps"
        " where there are more processors than products being made",
        positive=True,
    )
    hours: float = setting(3.5, "time limit for making one product", unit="hours", positive=True)
    work_folder: str | None = setting(
        None,
        "folder in which products are made whose store is an object store; default: `cbm-making`"
        " in the system's temporary folder",
        example="/data/making",
    )
    free_gb: float = setting(
        10.0, "disk space that must be free before a product is made", unit="gigabytes"
    )


@dataclass(frozen=True, slots=True)
class Snap:
    """The engine `snap`."""

    gpt: str | None = setting(
        None,
        "path of the program gpt; default: found on the PATH or in SNAP_HOME",
        example="/opt/snap/bin/gpt",
    )
    memory_gb: float = setting(8.0, "memory that it may use", unit="gigabytes", positive=True)
    threads: int = setting(2, "threads that it may use", positive=True)


@dataclass(frozen=True, slots=True)
class Sen2cor:
    """The engine `sen2cor`."""

    l2a_process: str | None = setting(
        None,
        "path of the program L2A_Process; default: found on the PATH",
        example="/opt/sen2cor/bin/L2A_Process",
    )


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """The atmosphere, for CARD-2A made by the engine `embedded`."""

    aot: float | None = setting(
        None, "aerosol optical thickness at 550 nm; default: estimated from the image", example=0.1
    )
    water_cm: float | None = setting(
        None,
        "water vapour column above the ground; default: estimated from the image",
        unit="g/cm2, or cm of water",
        example=2.0,
    )
    ozone_cm: float = setting(0.33, "ozone column", unit="cm-atm")
    altitude_m: float = setting(
        0.0, "height of the ground where `card.dem` does not give it, up to 3500", unit="metres"
    )


@dataclass(frozen=True, slots=True)
class Order:
    """The engine `order`."""

    platform: str | None = setting(
        None, "platform to order from; default: the one in use", example="cdse"
    )
    attempts: int = setting(3, "orders placed for one product before it fails", positive=True)
    patience_hours: float = setting(48.0, "longest wait for an ordered product", unit="hours")


@dataclass(frozen=True, slots=True)
class Cost:
    """Prices and speeds, for the costs that `cbm backfill run --dry-run` compares."""

    currency: str = setting("EUR", "currency of all prices")
    core_hour: float | None = setting(None, "price of one core for an hour", example=0.02)
    gigabyte: float | None = setting(
        None, "price of fetching a gigabyte from the platform", example=0.01
    )
    bs_order: float | None = setting(None, "price of one ordered CARD-BS", example=0.5)
    c6_order: float | None = setting(
        None, "price of one ordered CARD-COH6 or CARD-COH12", example=1.0
    )
    s2_order: float | None = setting(None, "price of one ordered CARD-2A", example=0.5)
    bs_cpu_minutes: float | None = setting(
        None,
        "CPU time of one CARD-BS by the engine `embedded`; default: as measured on those made here",
        unit="minutes",
        example=0.5,
    )
    c6_cpu_minutes: float | None = setting(
        None, "the same for CARD-COH6 and CARD-COH12", unit="minutes", example=1.6
    )
    s2_cpu_minutes: float | None = setting(
        None, "the same for CARD-2A", unit="minutes", example=1.7
    )
