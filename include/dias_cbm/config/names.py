"""Old names of settings, and ``CBM_`` variables that are not settings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dias_cbm.config.values import PREFIX

#: Variables that are not settings, with their meaning.
OTHER_VARIABLES: Mapping[str, str] = {
    "CBM_CONFIG": "path of the settings file; default: cbm.toml in the working directory",
    "CBM_AIRFLOW_TOKEN": "token for Airflow's API: `cbm backfill`, `cbm init`, `cbm doctor`",
    "CBM_AIRFLOW_USER": "user for Airflow's API, if there is no token",
    "CBM_AIRFLOW_PASSWORD": "password of this user",
    "CBM_AIRFLOW_PORT": "port of Airflow's pages: docker-compose.yaml, test bench",
    "CBM_EODATA": "mounted product store: docker-compose.yaml",
    "CBM_RUN_FOLDER": "folder for all that runs in a checkout: test bench, scripts",
    "CBM_PG_PORT": "port of the private PostgreSQL: test bench, scripts/postgres.sh",
    "CBM_SWIFT_PORT": "first port of the private object store: scripts/swift.sh",
    "CBM_DIAS_PORT": "port of the local DIAS: test bench",
    "CBM_SMTP_PORT": "port of the mailbox: test bench",
    "CBM_REAL_DATA": "folder of real products: tests",
}

#: The same from a file or a command; see :mod:`dias_cbm.config.secrets`.
OTHER_SECRETS = tuple(
    f"CBM_AIRFLOW_{name}{suffix}"
    for name in ("TOKEN", "USER", "PASSWORD")
    for suffix in ("_FILE", "_CMD")
)

#: Old name -> new name, as in the file.
RENAMED: Mapping[str, str] = {
    "database_url": "database.url",
    "search_also": "extra_platforms",
    "fetch_from": "store_platforms",
    "http_timeout_s": "http.timeout_s",
    "http_attempts": "http.attempts",
    "http_requests_per_s": "http.requests_per_s",
    "catalogue_page": "catalogue.page_entries",
    "catalogue_overlap_days": "catalogue.overlap_days",
    "store_part_mb": "store.part_mb",
    "product_folder": "store.cache_folder",
    "product_folder_gb": "store.cache_gb",
    "range_reads_below": "store.range_reads_below",
    "range_reads_from_mb": "store.range_reads_from_mb",
    "bs_engines": "card.bs_engines",
    "c6_engines": "card.c6_engines",
    "s2_engines": "card.s2_engines",
    "dem": "card.dem",
    "dem_datum": "card.dem_datum",
    "orbit_folder": "card.orbit_folder",
    "c6_diversity": "card.c6_esd",
    "card_cog": "card.cog",
    "card_memory_gb": "card.memory_gb",
    "card_hours": "card.hours",
    "card_free_gb": "card.free_gb",
    "snap_gpt": "snap.gpt",
    "snap_memory_gb": "snap.memory_gb",
    "snap_threads": "snap.threads",
    "snap_flattening": "card.bs_flattening",
    "sen2cor": "sen2cor.l2a_process",
    "surface_aot": "atmosphere.aot",
    "surface_water_cm": "atmosphere.water_cm",
    "surface_ozone_cm": "atmosphere.ozone_cm",
    "surface_altitude_m": "atmosphere.altitude_m",
    "order_platform": "order.platform",
    "order_attempts": "order.attempts",
    "order_patience_hours": "order.patience_hours",
    "lease_minutes": "extraction.lease_minutes",
    "max_attempts": "extraction.attempts",
    "rule": "extraction.pixel_rule",
    "inner_buffer_m": "extraction.inner_buffer_m",
    "minimum_pixels": "extraction.minimum_pixels",
    "clear_classes": "extraction.clear_classes",
    "s2_bands": "extraction.s2_bands",
    "s2_indices": "extraction.s2_indices",
    "bs_indices": "extraction.bs_indices",
    "stripe_rows": "extraction.stripe_rows",
    "gdal_cache_mb": "extraction.gdal_cache_mb",
    "bs_latency_hours": "completeness.bs_latency_hours",
    "c6_latency_hours": "completeness.c6_latency_hours",
    "s2_latency_hours": "completeness.s2_latency_hours",
    "gap_first_retry_hours": "completeness.first_retry_hours",
    "gap_give_up_days": "completeness.give_up_days",
    "acquisition_plans": "completeness.plan_folder",
    "cloudy_share": "completeness.cloudy_share",
    "review_share": "outliers.budget",
    "outlier_folds": "outliers.folds",
    "smallest_crop": "outliers.smallest_crop",
    "smallest_area_ha": "outliers.smallest_area_ha",
    "mail_to": "mail.to",
    "airflow_url": "airflow.url",
}

#: Settings of the test bench, formerly in the file, now only in the environment.
MOVED_OUT = ("run_folder", "pg_port", "airflow_port", "dias_port", "smtp_port")

# Kubernetes gives every container the addresses of the namespace's services, as variables that
# begin with their names: a service `cbm-web` makes CBM_WEB_SERVICE_HOST and CBM_WEB_PORT.
_OF_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$")


def variable(name: str) -> str:
    """The environment variable of a setting: ``CBM_HTTP_TIMEOUT_S`` for ``http.timeout_s``.

    :param name: as in the file, with its table before a dot; a dash becomes an underscore.
    """
    return PREFIX + name.upper().replace(".", "_").replace("-", "_")


def renamed_variable(name: str) -> str | None:
    """The new name of an old environment variable; None for any other name."""
    now = RENAMED.get(name.removeprefix(PREFIX).lower())
    return None if now is None else variable(now)


def of_kubernetes(name: str, value: str) -> bool:
    """Whether a variable is the address of a service, set by Kubernetes."""
    is_address = name.endswith("_PORT") and value.startswith(("tcp://", "udp://", "sctp://"))
    return is_address or _OF_KUBERNETES.search(name) is not None
