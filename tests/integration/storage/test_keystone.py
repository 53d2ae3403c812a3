"""Swift behind an identity service of version 3: the real Swift, a stand-in for Keystone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from keystone import Keystone, keystone

from dias_cbm.errors import StoreDenied, StoreError
from dias_cbm.storage import Credentials

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]

# Within the identity service a user has a name of its own.
ACCOUNT = Credentials("tester", "testing")


@pytest.fixture
def identity(node: Any) -> Iterator[Keystone]:
    with keystone(node.endpoint, "test:tester", "testing") as service:
        yield service


@pytest.fixture
def behind(identity: Keystone, opened: Any) -> Callable[..., Any]:
    """Open the store by that service; options of its address by name."""

    def open_it(credentials: Credentials = ACCOUNT, **options: str) -> Any:
        given = {"auth": f"{identity.url}/v3", "project": "test"} | options
        query = "&".join(f"{name}={value}" for name, value in given.items())
        return opened("swift", credentials, address=f"swift://eodata?{query}")

    return open_it


def test_a_product_is_fetched_and_read_by_ranges(
    behind: Any, identity: Keystone, put: Any, tmp_path: Path
) -> None:
    pixels = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    profile = {"width": 64, "height": 64, "count": 1, "dtype": "float32", "crs": "EPSG:32632"}
    transform = rasterio.transform.from_origin(500_000, 6_200_000, 10, 10)
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", transform=transform, **profile
    ) as out:
        out.write(pixels, 1)
    location = put("keystone/a.tif", (tmp_path / "a.tif").read_bytes())
    store = behind()
    (fetched,) = store.fetch(location, tmp_path / "copy.tif")
    assert fetched.read_bytes() == (tmp_path / "a.tif").read_bytes()
    with store.environment(), rasterio.open(store.path(location)) as dataset:
        assert (dataset.read(1) == pixels).all()
    assert len(identity.asked) == 1  # one token for all
    (body,) = identity.asked
    assert body["auth"]["scope"] == {"project": {"name": "test", "domain": {"name": "Default"}}}


def test_a_token_that_has_run_out_is_renewed(behind: Any, identity: Keystone, put: Any) -> None:
    location = put("keystone/b", b"b")
    store = behind()
    assert store.exists(location)
    store._access = store._access._replace(token="AUTH_tk_run_out")
    store._worked = store._access
    assert store.head(location).size == 1
    assert len(identity.asked) == 2


def test_a_token_that_never_works_is_not_asked_for_again_and_again(
    behind: Any, identity: Keystone
) -> None:
    identity.bad_tokens = 10
    with pytest.raises(StoreDenied):
        behind().list("/eodata/keystone")
    assert len(identity.asked) == 1


@pytest.mark.parametrize(
    ("credentials", "options"),
    [
        (Credentials("tester", "wrong"), {}),
        (ACCOUNT, {"project": "another"}),
        (ACCOUNT, {"user_domain": "another"}),
    ],
)
def test_refused(
    behind: Any, credentials: Credentials, options: dict[str, str], caplog: Any
) -> None:
    with pytest.raises(StoreDenied, match="Keystone refuses") as caught:
        behind(credentials, **options).list("/eodata/keystone")
    assert "wrong" not in str(caught.value) + caplog.text


def test_the_region_chooses_the_endpoint(behind: Any, identity: Keystone, put: Any) -> None:
    location = put("keystone/c", b"c")
    identity.regions = ("elsewhere", "here")
    assert behind(region="here").exists(location)


def test_a_project_without_an_object_store(behind: Any, identity: Keystone) -> None:
    identity.services = ("compute",)
    with pytest.raises(StoreError, match="names no object store"):
        behind().list("/eodata/keystone")
