"""A folder as a store: locations of the catalogue, and nothing outside the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from dias_cbm.errors import ObjectMissing, SettingsError, StoreDown, StoreError
from dias_cbm.storage import open_store
from dias_cbm.storage.files import FileStore

PRODUCT = "/eodata/Sentinel-1/SAR/CARD-BS/2018/05/11/NAME_CARD_BS"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    folder = tmp_path / "store" / "Sentinel-1/SAR/CARD-BS/2018/05/11/NAME_CARD_BS" / "NAME.data"
    folder.mkdir(parents=True)
    (folder / "Gamma0_VV.img").write_bytes(b"12345")
    (folder / "Gamma0_VV.hdr").write_bytes(b"12")
    (tmp_path / "outside.txt").write_text("secret")
    return FileStore(tmp_path / "store")


@pytest.mark.parametrize(
    "location", [PRODUCT, PRODUCT[1:], PRODUCT.removeprefix("/eodata"), PRODUCT + "/"]
)
def test_locations_of_the_catalogue(store: FileStore, location: str) -> None:
    assert store.path(location) == str(store.root / PRODUCT.removeprefix("/eodata/"))
    assert store.exists(location)
    assert store.size(location) == 7


def test_listing_is_in_order_and_can_be_asked_for(store: FileStore) -> None:
    files = store.list(PRODUCT)
    assert files == [f"{PRODUCT}/NAME.data/Gamma0_VV.hdr", f"{PRODUCT}/NAME.data/Gamma0_VV.img"]
    assert store.list(files[1]) == [files[1]]
    assert store.size(files[1]) == 5


def test_missing_object(store: FileStore) -> None:
    location = "/eodata/Sentinel-1/nothing"
    assert not store.exists(location)
    for ask in (store.path, store.size, store.list):
        with pytest.raises(ObjectMissing) as caught:
            ask(location)
        assert caught.value.subject == location
        assert str(store.root) in str(caught.value.hint)


def test_missing_root_is_said(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "nowhere")
    for ask in (store.path, store.exists):
        with pytest.raises(StoreDown, match="is it mounted"):
            ask(PRODUCT)


@pytest.mark.parametrize(
    "location",
    [
        "/eodata/../outside.txt",
        "../outside.txt",
        "/eodata/Sentinel-1/../../outside.txt",
        "..",
        "a\0b",
    ],
)
def test_no_way_out(store: FileStore, location: str) -> None:
    for ask in (store.path, store.exists, store.size, store.list):
        with pytest.raises(StoreError):
            ask(location)


@pytest.mark.parametrize("location", ["", "/", "/eodata", "/eodata/"])
def test_the_store_itself_is_no_product(store: FileStore, location: str) -> None:
    with pytest.raises(StoreError, match="names a product"):
        store.path(location)


def test_absolute_paths_stay_inside(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        store.path(str(tmp_path / "outside.txt"))


def test_links_out_of_the_store_are_refused(store: FileStore, tmp_path: Path) -> None:
    (store.root / "link").symlink_to(tmp_path / "outside.txt")
    with pytest.raises(StoreError, match="leads out"):
        store.path("/eodata/link")
    (store.root / "folder").mkdir()
    (store.root / "folder" / "link").symlink_to(tmp_path / "outside.txt")
    for ask in (store.size, store.list):
        with pytest.raises(StoreError, match="leads out"):
            ask("/eodata/folder")


def test_links_inside_the_store_are_followed(store: FileStore) -> None:
    (store.root / "latest").symlink_to(store.root / "Sentinel-1")
    assert store.exists("/eodata/latest/SAR")


def test_store_of_a_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}")
    store = open_store("local")
    assert isinstance(store, FileStore)
    assert store.root == tmp_path.resolve()


@pytest.mark.parametrize("address", ["ftp:somewhere", "files", "files:", ""])
def test_unknown_store_names_the_known_ones(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", address)
    with pytest.raises(SettingsError, match="files:") as caught:
        open_store("local")
    assert caught.value.subject == "platforms.local.store"


def test_unknown_platform() -> None:
    with pytest.raises(SettingsError, match="unknown platform"):
        open_store("atlantis")
