"""Which extra brings which module, as pyproject.toml has it."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from dias_cbm.extras import MODULES, missing_extra

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", one)[0].lower() for one in requirements}


@pytest.mark.parametrize(
    ("extra", "module"), [(extra, one) for extra, modules in MODULES.items() for one in modules]
)
def test_the_extra_brings_the_module(extra: str, module: str) -> None:
    distributions = {name.lower().replace("_", "-") for name in packages_distributions()[module]}
    if module == "fastapi":
        distributions |= {"apache-airflow"}  # which requires it
    if module == "airflow":
        distributions |= {"apache-airflow"}
    assert distributions & names(PROJECT["optional-dependencies"][extra])
    assert not distributions & names(PROJECT["dependencies"])


def test_only_a_missing_module_of_an_extra_is_explained() -> None:
    assert missing_extra(ModuleNotFoundError(name="psycopg.errors")) == "database"
    assert missing_extra(ModuleNotFoundError(name="rasterio")) is None
    assert missing_extra(ModuleNotFoundError("no name")) is None
    assert missing_extra(ImportError(name="psycopg")) is None
