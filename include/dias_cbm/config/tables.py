"""Tables of the settings: each setting with its default, unit and help."""

from __future__ import annotations

from dataclasses import dataclass

from dias_cbm.config.values import setting
from dias_cbm.vertical_datum import VerticalDatum

#: What CARD can be had from, by family; see docs/cards.md.
RADAR_ENGINES = ("ready", "order", "snap", "embedded")
OPTICAL_ENGINES = ("ready", "order", "sen2cor", "embedded")
#: Bands of CARD-2A.
S2_BANDS = (
    "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12",
)  # fmt: skip
PIXEL_RULES = ("centre", "coverage")


@dataclass(frozen=True, slots=True)
class Database:
    """Where parcels, ledger and signatures are."""

    url: str | None = setting(
        None,
        "PostgreSQL with PostGIS; best given in the environment, for it may hold a password",
        example="postgresql://user@host/cbm",
        secret=True,
    )


@dataclass(frozen=True, slots=True)
class Http:
    """Requests to catalogues, stores and order services."""

    timeout_s: float = setting(60.0, "wait for one reply", unit="seconds", positive=True)
    attempts: int = setting(6, "tries before a platform is given up", positive=True)
    requests_per_s: float = setting(
        3.0, "requests to one platform, at most", unit="per second", positive=True
    )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Looking for scenes."""

    page_entries: int = setting(1000, "entries of a page, at most", unit="entries", positive=True)
    overlap_days: float = setting(
        3.0, "how far before its watermark a poll looks again", unit="days"
    )


@dataclass(frozen=True, slots=True)
class Store:
    """Fetching products."""

    part_mb: float = setting(
        16.0, "part of an object to fetch at a time", unit="megabytes", positive=True
    )
    cache_folder: str = setting(
        ".run/products", "folder in which products of object stores are kept"
    )
    cache_gb: float = setting(20.0, "products kept there; the oldest go first", unit="gigabytes")
    range_reads_below: float = setting(
        0.25,
        "radar products of which the seasons cover a smaller share stay in an object store, and"
        " are read by ranges; 0 for never",
        unit="share",
    )
    range_reads_from_mb: float = setting(
        64.0, "smallest file that is read by ranges", unit="megabytes"
    )


@dataclass(frozen=True, slots=True)
class CardMaking:
    """Coming by CARD products."""

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
        "what its heights are above",
        choices=VerticalDatum,
    )
    orbit_folder: str | None = setting(
        None, "folder of Sentinel-1 orbit files (EOF)", example="/data/orbits"
    )
    c6_esd: bool = setting(
        False, "correct the coregistration of pairs by enhanced spectral diversity (ESD)"
    )
    cog: bool = setting(False, "write radar CARD as cloud-optimised GeoTIFF")
    compression: str = setting(
        "zstd",
        "compression of GeoTIFFs made here; deflate for readers that lack zstd",
        choices=("zstd", "deflate"),
    )
    memory_gb: float = setting(
        8.0, "address space for making one product", unit="gigabytes", positive=True
    )
    hours: float = setting(3.5, "time for making one product", unit="hours", positive=True)
    free_gb: float = setting(
        10.0, "disk space that must be free before a product is made", unit="gigabytes"
    )


@dataclass(frozen=True, slots=True)
class Snap:
    """The engine `snap`."""

    gpt: str | None = setting(
        None,
        "the program gpt; else it is looked for on the PATH and in SNAP_HOME",
        example="/opt/snap/bin/gpt",
    )
    memory_gb: float = setting(8.0, "memory that it may take", unit="gigabytes", positive=True)
    threads: int = setting(2, "threads", positive=True)
    flattening: bool = setting(False, "CARD-BS as gamma0 over the terrain, not over the ellipsoid")


@dataclass(frozen=True, slots=True)
class Sen2cor:
    """The engine `sen2cor`."""

    l2a_process: str | None = setting(
        None,
        "the program L2A_Process; else it is looked for on the PATH",
        example="/opt/sen2cor/bin/L2A_Process",
    )


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """The air above the CARD-2A that the engine `embedded` makes."""

    aot: float | None = setting(
        None, "aerosol optical thickness at 550 nm; else estimated from the image", example=0.1
    )
    water_cm: float | None = setting(
        None,
        "water vapour column; else estimated from the image",
        unit="g/cm2, or cm of water",
        example=2.0,
    )
    ozone_cm: float = setting(0.33, "ozone column", unit="cm-atm")
    altitude_m: float = setting(0.0, "height of the ground above the sea", unit="metres")


@dataclass(frozen=True, slots=True)
class Order:
    """The engine `order`."""

    platform: str | None = setting(
        None, "platform to order from; else the one in use", example="cdse"
    )
    attempts: int = setting(3, "orders of one product before it has failed", positive=True)
    patience_hours: float = setting(48.0, "wait for an ordered product", unit="hours")


@dataclass(frozen=True, slots=True)
class Extraction:
    """Parcel statistics."""

    attempts: int = setting(5, "tries before a scene is set aside")
    lease_minutes: float = setting(
        30.0, "after this a silent worker's task is taken by another", unit="minutes"
    )
    pixel_rule: str = setting(
        "centre",
        "pixels count by their centre, or by the share that the parcel covers",
        choices=PIXEL_RULES,
    )
    inner_buffer_m: float = setting(
        0.0, "parcels are shrunk by this before extraction", unit="metres"
    )
    minimum_pixels: int = setting(
        1, "parcels with fewer are flagged; they keep their values", unit="pixels"
    )
    clear_classes: tuple[int, ...] = setting(
        (4, 5, 6, 7),
        "SCL classes that count as clear, or an empty list for every pixel",
        choices=range(12),
    )
    s2_bands: tuple[str, ...] = setting(
        ("B02", "B03", "B04", "B08", "B11"),
        "bands of CARD-2A, where a product has them",
        choices=S2_BANDS,
        needed=True,
    )
    s2_indices: tuple[str, ...] = setting(("NDVI",), "indices of CARD-2A: NDVI, NDWI, BSI ...")
    bs_indices: tuple[str, ...] = setting((), "indices of CARD-BS", example=("VH/VV",))
    stripe_rows: int = setting(256, "raster rows read at a time", unit="rows", positive=True)
    gdal_cache_mb: int = setting(32, "GDAL's block cache", unit="megabytes", positive=True)


@dataclass(frozen=True, slots=True)
class Completeness:
    """Gaps: when a pass is late, and how long it is looked for."""

    bs_latency_hours: float = setting(48.0, "usual age of CARD-BS at publication", unit="hours")
    c6_latency_hours: float = setting(72.0, "usual age of CARD-COH6 at publication", unit="hours")
    s2_latency_hours: float = setting(36.0, "usual age of CARD-2A at publication", unit="hours")
    first_retry_hours: float = setting(
        6.0, "first new look at a gap; each next one waits twice as long", unit="hours"
    )
    give_up_days: float = setting(
        30.0, "after this a gap is confirmed and no longer looked at", unit="days"
    )
    plan_folder: str | None = setting(
        None, "folder of acquisition plans (KML)", example="/data/plans"
    )
    cloudy_share: float = setting(
        0.01,
        "share of clear pixels over a tile below which a pass was too cloudy",
        unit="share",
    )


@dataclass(frozen=True, slots=True)
class Outliers:
    """Parcels whose signal does not confirm their declaration."""

    review_share: float = setting(0.05, "parcels that inspectors can look at (red)", unit="share")
    folds: int = setting(4, "out-of-fold models")
    smallest_crop: int = setting(30, "a crop with fewer is too rare to judge", unit="parcels")
    smallest_area_ha: float = setting(0.3, "a smaller parcel is inconclusive", unit="hectares")


@dataclass(frozen=True, slots=True)
class Mail:
    """Digest and failure mails; the mail server is Airflow's connection `cbm_smtp`."""

    to: tuple[str, ...] = setting((), "addresses", example=("operator@agency.example",))


@dataclass(frozen=True, slots=True)
class Airflow:
    """The Airflow that runs the DAGs."""

    url: str | None = setting(
        None,
        "base of links into its pages, and of its API",
        example="http://127.0.0.1:8080",
    )
