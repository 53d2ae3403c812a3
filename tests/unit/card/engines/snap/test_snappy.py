"""Reading through esa_snappy, with a stand-in for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.engines.snap import snappy
from dias_cbm.card.engines.snap.probes import probe
from dias_cbm.errors import CardFailed, CorruptProduct, InconsistentProduct

STAND_IN = """
import numpy as np

__version__ = "1.1.3"
disposed = []

class Band:
    def getRasterWidth(self): return 3
    def getRasterHeight(self): return 2
    def readPixels(self, x, y, width, height, into):
        assert (x, y, width, height, into.dtype) == (0, 0, 3, 2, np.dtype("float32"))
        into[:] = np.arange(6)

class Product:
    def getBand(self, name): return Band() if name == "Gamma0_VV" else None
    def getBandNames(self): return ["Gamma0_VV"]
    def dispose(self): disposed.append(self)

class ProductIO:
    @staticmethod
    def readProduct(path):
        if path.endswith("broken.dim"):
            raise RuntimeError("java.io.IOException: no such file")
        return Product() if path.endswith(".dim") else None
"""


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    snappy.state.cache_clear()
    yield
    snappy.state.cache_clear()
    sys.modules.pop("esa_snappy", None)


def installed(folder: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "esa_snappy.py").write_text(content)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_a_band_is_read_and_the_product_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, STAND_IN, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert snappy.state() == ("1.1.3", "")
    assert {one.what: one.found for one in probe()} == {"gpt": None, "esa_snappy": "1.1.3"}
    values = snappy.read_band(tmp_path / "a.dim", "Gamma0_VV")
    np.testing.assert_array_equal(values, [[0, 1, 2], [3, 4, 5]])
    with pytest.raises(InconsistentProduct, match="no band VH, but Gamma0_VV"):
        snappy.read_band(tmp_path / "a.dim", "VH")
    with pytest.raises(CorruptProduct, match="no reader"):
        snappy.read_band(tmp_path / "a.txt", "VH")
    with pytest.raises(CorruptProduct, match="no such file"):
        snappy.read_band(tmp_path / "broken.dim", "VH")
    assert len(sys.modules["esa_snappy"].disposed) == 2


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("raise OSError('no SNAP')", r"snappy-conf .*OSError: no SNAP"),
        ("import os; os._exit(134)", "its import broke"),
    ],
)
def test_where_it_cannot_be_used_this_process_never_imports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, hint: str
) -> None:
    installed(tmp_path, content, monkeypatch)
    with pytest.raises(CardFailed, match=hint):
        snappy.read_band(tmp_path / "a.dim", "VV")
    assert "esa_snappy" not in sys.modules
