"""The demo's products put into the real Swift, and read by either face."""

from pathlib import Path
from typing import Any

import pytest

from dias_cbm.storage import open_store
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.dias import object_store

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


@pytest.mark.parametrize("kind", ["s3", "swift"])
def test_every_file_is_there(
    kind: str, node: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path)
    for name in ("demo-store/a/one.img", "demo-store/a/two.hdr", "demo-store/b.xml"):
        (run.store / name).parent.mkdir(parents=True, exist_ok=True)
        (run.store / name).write_text(name)
    told: list[tuple[int, int]] = []
    object_store._upload(run, node.endpoint, lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", object_store.address(kind, node.endpoint))
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE_USER", object_store.USER)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE_SECRET", object_store.SECRET)
    store = open_store("local")
    names = ["a/one.img", "a/two.hdr", "b.xml"]
    assert store.list("/eodata/demo-store") == [f"/eodata/demo-store/{name}" for name in names]
    (copy, *_) = store.fetch("/eodata/demo-store/a", tmp_path / "copy")
    assert copy.read_text() == "demo-store/a/one.img"
