"""Opening Level-1 products: folders, zips, and zips that mean harm."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from dias_cbm.card.sar.annotation import read_annotation
from dias_cbm.card.sar.safe import opened_safe
from dias_cbm.errors import CorruptProduct, InconsistentProduct

NAME = "S1B_IW_GRDH_1SDV_20211223T051122_20211223T051147_030148_039993_5371.SAFE"
STEM = "s1b-iw-grd-{}-20211223t051122-20211223t051147-030148-039993-00{}"
MANIFEST = '<x><software name="Sentinel-1 IPF" version="003.40"/></x>'


def files() -> dict[str, str]:
    found = {"manifest.safe": MANIFEST, "preview/quick-look.png": "no use"}
    for number, polarisation in enumerate(("vv", "vh"), start=1):
        stem = STEM.format(polarisation, number)
        found[f"annotation/{stem}.xml"] = "<product/>"
        found[f"annotation/calibration/calibration-{stem}.xml"] = "<c/>"
        found[f"annotation/calibration/noise-{stem}.xml"] = "<n/>"
        found[f"measurement/{stem}.tiff"] = "pixels"
    return found


def zipped(path: Path, **more: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files().items():
            archive.writestr(f"{NAME}/{name}", text)
        for name, text in more.items():
            archive.writestr(name, text)
    return path


def test_folder_and_zip_read_the_same(tmp_path: Path) -> None:
    folder = tmp_path / NAME
    for name, text in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    archive = zipped(tmp_path / "product.zip")
    for source in (folder, archive):
        with opened_safe(source, tmp_path) as safe:
            assert safe.name == NAME.removesuffix(".SAFE")
            assert safe.polarisations == ("VV", "VH")
            assert safe.processor == (3, 40)
            image = safe.image("IW", "VH")
            assert image.measurement is not None
            assert image.measurement.read_text() == "pixels"
            assert image.noise is not None
            with pytest.raises(InconsistentProduct, match="has no HH image"):
                safe.image("IW", "HH")
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "cbm.toml", "product.zip"]


@pytest.mark.parametrize("name", ["../out.xml", "/out.xml", f"{NAME}/../../out.xml", "a\\..\\out"])
def test_zip_with_path_escape(tmp_path: Path, name: str) -> None:
    archive = zipped(tmp_path / "product.zip", **{name: "harm"})
    with (
        pytest.raises(CorruptProduct, match=r"product\.zip: .* outside its folder"),
        opened_safe(archive, tmp_path),
    ):
        pass
    assert not list(tmp_path.glob(".safe-*"))
    assert not (tmp_path.parent / "out.xml").exists()


def test_zip_with_link(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "product.zip")
    link = zipfile.ZipInfo(f"{NAME}/annotation/link.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as more:
        more.writestr(link, "/etc/passwd")
    with pytest.raises(CorruptProduct, match="outside its folder"), opened_safe(archive, tmp_path):
        pass


def test_broken_zip(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "product.zip")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(CorruptProduct, match="cannot be unpacked"), opened_safe(archive, tmp_path):
        pass


def test_no_product(tmp_path: Path) -> None:
    with (
        pytest.raises(CorruptProduct, match="no annotation folder"),
        opened_safe(tmp_path, tmp_path),
    ):
        pass
    with (
        pytest.raises(CorruptProduct, match="does not exist"),
        opened_safe(tmp_path / "none.zip", tmp_path),
    ):
        pass


def test_xml_bomb(tmp_path: Path) -> None:
    bomb = tmp_path / "s1b.xml"
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    bomb.write_text(f'<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]><x>&e11;</x>')
    with pytest.raises(CorruptProduct, match=r"s1b\.xml"):
        read_annotation(bomb)
