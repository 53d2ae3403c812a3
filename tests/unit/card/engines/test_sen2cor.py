"""Sen2Cor, as far as a stand-in goes: how it is called, and that the offset comes through."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from dias_cbm.card.engines.sen2cor import make_surface_reflectance, probe
from dias_cbm.errors import CardFailed, CorruptProduct
from dias_cbm.products.open import open_product
from dias_cbm.products.validate import validate
from dias_cbm_lab.level1.l1c import BANDS, write_l1c

SUPPORT = Path(__file__).resolve().parents[3] / "support"


@pytest.fixture
def sen2cor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "L2A_Process"
    script = SUPPORT / "sen2cor_stand_in.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return program


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return write_l1c(tmp_path, dict.fromkeys(BANDS, 0.15) | {"B10": 0.001}, 600)


def test_the_whole_path(sen2cor: Path, product: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    target = tmp_path / "made"
    target.mkdir()
    made = make_surface_reflectance(product, target=target, progress=shares.append)
    assert list(target.iterdir()) == [made.path]
    opened = open_product(made.path)
    validate(opened)
    assert shares == [0.0345, 1.0]
    assert made.provenance["sen2cor_version"] == "02.12.03"
    assert made.provenance["radiometric_offset"] == -1000
    assert made.provenance["boa_offset"] == -1000
    assert opened.bands["B04"].offset == pytest.approx(-0.1)


@pytest.mark.parametrize("packed", [True, False])
def test_empty_folders_that_unpacking_loses_are_there(
    sen2cor: Path, product: Path, tmp_path: Path, packed: bool
) -> None:
    """The stand-in, like several versions of Sen2Cor, stops without them."""
    before = sorted(product.rglob("*"))
    source = product
    if packed:
        source = tmp_path / f"{product.name}.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for file in product.rglob("*"):
                if file.is_file():
                    archive.write(file, file.relative_to(tmp_path))
    made = make_surface_reflectance(source, target=tmp_path / "made")
    validate(open_product(made.path))
    assert sorted(product.rglob("*")) == before, "the source stays as it is"


def test_a_sen2cor_that_knows_no_offset_is_refused(
    sen2cor: Path, product: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_VERSION", "old")
    with pytest.raises(CardFailed, match=r"offset -1000.*2\.10 or newer"):
        make_surface_reflectance(product, target=tmp_path / "made")


def test_a_failure_quotes_the_last_lines(
    sen2cor: Path, product: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_FAILS", "1")
    with pytest.raises(CardFailed, match=r"exit code 1.*terminated with at least one error"):
        make_surface_reflectance(product, target=tmp_path / "made")


def test_a_product_that_cannot_be_read_is_not_handed_on(sen2cor: Path, tmp_path: Path) -> None:
    (tmp_path / "GRANULE").mkdir()
    with pytest.raises(CorruptProduct, match="MTD_MSIL1C"):
        make_surface_reflectance(tmp_path, target=tmp_path / "made")


def test_without_it(product: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CardFailed, match=r"not installed.*step.esa.int"):
        make_surface_reflectance(product, target=tmp_path / "made")
    (finding,) = probe()
    assert finding.found is None
    assert "step.esa.int" in finding.hint


def test_what_the_doctor_finds(sen2cor: Path) -> None:
    (finding,) = probe()
    assert "02.12.03" in str(finding.found)
