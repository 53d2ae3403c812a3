"""Tables of the settings: each setting with its default, unit and help."""

from __future__ import annotations

from dataclasses import dataclass

from dias_cbm.config.values import setting

#: Bands of CARD-2A.
S2_BANDS = (
    "B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12",
)  # fmt: skip
PIXEL_RULES = ("centre", "coverage")
PRECISIONS = ("full", "quantised")


@dataclass(frozen=True, slots=True)
class Database:
    """The database with parcels, ledger and signatures."""

    url: str | None = setting(
        None,
        "address of PostgreSQL with PostGIS; best given in the environment, as it may contain a"
        " password",
        example="postgresql://user@host/cbm",
        secret=True,
    )
    reader_url: str | None = setting(
        None,
        "address of the same database for a role that may only read, see `cbm db roles`; the"
        " window uses it for what it only shows",
        example="postgresql://cbm_reader@host/cbm",
        secret=True,
    )


@dataclass(frozen=True, slots=True)
class Http:
    """Requests to catalogues, stores and order services."""

    timeout_s: float = setting(60.0, "longest wait for a reply", unit="seconds", positive=True)
    attempts: int = setting(6, "tries of one request before giving up", positive=True)
    requests_per_s: float = setting(
        3.0, "maximum rate of requests to one platform", unit="per second", positive=True
    )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Searching for scenes."""

    page_entries: int = setting(1000, "maximum size of a page", unit="entries", positive=True)
    overlap_days: float = setting(
        3.0, "how far before its watermark a search for new scenes starts", unit="days"
    )
    known_bad: str | None = setting(
        None,
        "file of further products known to be bad, see `cbm catalogue bad`",
        example="/etc/cbm/known_bad.toml",
    )
    known_bad_alone: str = setting(
        "gap",
        "what becomes of one that is the only product of its acquisition",
        choices=("gap", "use"),
    )


@dataclass(frozen=True, slots=True)
class Store:
    """Fetching products."""

    part_mb: float = setting(
        16.0, "size of the parts in which an object is fetched", unit="megabytes", positive=True
    )
    cache_folder: str = setting(".run/products", "folder for products fetched from object stores")
    cache_gb: float = setting(
        20.0, "size limit of this folder; the oldest products are removed first", unit="gigabytes"
    )
    range_reads_below: float = setting(
        0.25,
        "radar products of which the seasons cover a smaller share are not fetched from an object"
        " store, but read by ranges; 0 for never, 1 for always",
        unit="share",
    )
    range_reads_from_mb: float = setting(
        64.0, "smallest file that is read by ranges", unit="megabytes"
    )


@dataclass(frozen=True, slots=True)
class Extraction:
    """Parcel statistics."""

    attempts: int = setting(5, "tries before a scene is set aside")
    lease_minutes: float = setting(
        30.0, "time after which a silent worker's task goes to another", unit="minutes"
    )
    pixel_rule: str = setting(
        "centre",
        "whether pixels count by their centre, or by the share that the parcel covers",
        choices=PIXEL_RULES,
    )
    precision: str = setting(
        "full",
        "how seasons that are created from now on keep statistics: as computed, or all but count"
        " rounded to 8 binary digits (0.4 % at most), which take a third less room",
        choices=PRECISIONS,
    )
    inner_buffer_m: float = setting(
        0.0, "width by which parcels are shrunk before extraction", unit="metres"
    )
    minimum_pixels: int = setting(
        1, "parcels with fewer pixels are flagged; they keep their values", unit="pixels"
    )
    clear_classes: tuple[int, ...] = setting(
        (4, 5, 6, 7),
        "SCL classes that count as clear, or an empty list for every pixel",
        choices=range(12),
    )
    s2_bands: tuple[str, ...] = setting(
        ("B02", "B03", "B04", "B08", "B11"),
        "bands of CARD-2A to extract, where a product has them",
        choices=S2_BANDS,
        needed=True,
    )
    s2_indices: tuple[str, ...] = setting(
        ("NDVI",), "indices of CARD-2A to extract: NDVI, NDWI, BSI ..."
    )
    bs_indices: tuple[str, ...] = setting((), "indices of CARD-BS to extract", example=("VH/VV",))
    bs_seen: bool = setting(
        False,
        "leave out pixels of CARD-BS in layover or shadow, by the mask that `card.bs_layers` makes",
    )
    stripe_rows: int = setting(
        256,
        "raster rows read at a time; of a file without tiles 48 at most",
        unit="rows",
        positive=True,
    )
    gdal_cache_mb: int = setting(32, "GDAL's block cache", unit="megabytes", positive=True)


@dataclass(frozen=True, slots=True)
class Completeness:
    """Gaps: when a pass is late, and how long it is searched for."""

    bs_latency_hours: float = setting(
        48.0, "usual time from sensing to publication of CARD-BS", unit="hours"
    )
    c6_latency_hours: float = setting(72.0, "the same for CARD-COH6", unit="hours")
    s2_latency_hours: float = setting(36.0, "the same for CARD-2A", unit="hours")
    first_retry_hours: float = setting(
        6.0, "wait before a gap is first checked again; the wait doubles each time", unit="hours"
    )
    give_up_days: float = setting(
        30.0, "age at which a gap is confirmed and no longer checked", unit="days"
    )
    plan_folder: str | None = setting(
        None, "folder of acquisition plans (KML)", example="/data/plans"
    )
    cloudy_share: float = setting(
        0.01,
        "share of clear pixels over a tile below which a pass counts as cloudy",
        unit="share",
    )


@dataclass(frozen=True, slots=True)
class Outliers:
    """Parcels whose signal does not confirm their declaration."""

    budget: str = setting(
        "5%",
        "parcels that inspectors can review (red): a number, a share such as 5%, or the P(wrong) at"
        " which to stop, such as p>=0.3",
    )
    folds: int = setting(4, "number of out-of-fold models")
    smallest_crop: int = setting(
        30, "a crop with fewer parcels is too rare to judge", unit="parcels"
    )
    smallest_area_ha: float = setting(0.3, "a smaller parcel is inconclusive", unit="hectares")
    learners: str = setting(
        "auto",
        "what learns the crops; auto adds kernels if they find more swapped declarations",
        choices=("trees", "trees+kernels", "auto"),
    )
    holding_attribute: str | None = setting(
        None,
        "attribute of the parcel file that names the holding; its parcels are judged together,"
        " by models that saw none of them",
        example="holding_id",
    )


@dataclass(frozen=True, slots=True)
class Markers:
    """What happened or holds on parcels: mowing, ploughing, cover ..."""

    minimum_clear: float = setting(
        0.9, "share of a parcel's pixels that must be clear for a look to count", unit="share"
    )
    minimum_pixels: int = setting(
        8, "a parcel with fewer pixels is too small for markers", unit="pixels", positive=True
    )
    minimum_looks: int = setting(
        6, "fewer clear looks in the window are too few for an answer", unit="looks", positive=True
    )
    statistic: str = setting("mean", "the value of a band in a parcel", choices=("mean", "p50"))
    options_file: str | None = setting(
        None,
        "TOML file with a table of options for each marker that needs other ones than its defaults",
        example="/etc/cbm/markers.toml",
    )
    mowing_model: str | None = setting(
        None,
        "model that finds cuts, as cbm markers train writes it; without one the rule finds them",
        example="/etc/cbm/mowing.json",
    )


@dataclass(frozen=True, slots=True)
class Chips:
    """Image chips: small pieces of products around parcels."""

    cache_folder: str = setting(".run/chips", "folder for chips that were cut")
    cache_mb: float = setting(
        2000.0,
        "size limit of this folder; chips that were not looked at for longest are removed first",
        unit="megabytes",
    )


@dataclass(frozen=True, slots=True)
class Rules:
    """The schemes that parcels are judged by after the markers."""

    file: str | None = setting(
        None,
        "rule file, in TOML, that the DAG cbm_rules judges every season by; without one it judges"
        " none",
        example="/etc/cbm/rules.toml",
    )


@dataclass(frozen=True, slots=True)
class Mail:
    """Digest and failure mails; the mail server is Airflow's connection `cbm_smtp`."""

    to: tuple[str, ...] = setting(
        (), "addresses that get the mails", example=("operator@agency.example",)
    )


@dataclass(frozen=True, slots=True)
class Airflow:
    """The Airflow that runs the DAGs."""

    url: str | None = setting(
        None,
        "base address of its pages and its API",
        example="http://127.0.0.1:8080",
    )
    task_seconds: float = setting(
        10.0,
        "work that tasks `make_card` and `extract` are given at least, as far as there is more than"
        " one scene or unit; 0 for a task each",
        unit="seconds",
    )
    pool_catalogue: int = setting(
        4,
        "slots of the pool `cbm_catalogue`: requests to the platforms' catalogues at one time",
        positive=True,
    )
    pool_card: int = setting(
        4,
        "slots of the pool `cbm_card`: CARD products located, made or validated at one time",
        positive=True,
    )
    pool_database: int = setting(
        4,
        "slots of the pool `cbm_database`: writers of signatures and means at one time",
        positive=True,
    )
    workers: int = setting(
        1,
        "workers of this deployment, by which `cbm doctor` counts what it can carry",
        positive=True,
    )


@dataclass(frozen=True, slots=True)
class Window:
    """The window: pages and API."""

    language: str = setting(
        "en", "language of the pages for a browser that asks for no other", choices=("en", "da")
    )
    seasons_of_roles: tuple[str, ...] = setting(
        (),
        "ROLE=SEASON each, * for every season; empty: every role sees every season",
        example=("Jutland=dk-2018", "Admin=*"),
    )
    backgrounds: tuple[str, ...] = setting(
        (),
        "NAME=URL each: pictures that the map may show behind the parcels, tiles with {z}, {x} and"
        " {y} or a WMS with {bbox-epsg-3857}; browsers fetch them from these hosts",
        example=("Roads=https://tiles.example/roads/{z}/{x}/{y}.png",),
    )
