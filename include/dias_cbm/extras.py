"""Optional dependencies: the modules that each extra of the distribution installs."""

from __future__ import annotations

#: Modules that the base installation lacks, by the extra that installs them.
MODULES: dict[str, tuple[str, ...]] = {
    "database": ("psycopg", "matplotlib", "PIL"),
    "card": ("scipy", "s2cloudless", "esa_snappy"),
    "outliers": ("lightgbm", "sklearn", "threadpoolctl"),
    "airflow": ("airflow",),
    "window": ("anyio", "fastapi", "starlette", "uvicorn"),
    "lab": ("aiosmtpd",),
}

_EXTRA = {module: extra for extra, modules in MODULES.items() for module in modules}


def missing_extra(error: BaseException) -> str | None:
    """The missing extra behind an import error, e.g. ``database``.

    :returns: None when the error has another reason.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    return _EXTRA.get(error.name.partition(".")[0])
