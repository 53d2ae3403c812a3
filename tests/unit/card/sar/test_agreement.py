"""Annotations, tables and images that are another's, or hold a value that cannot be."""

from __future__ import annotations

import gzip
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from simulated_grd import Simulated, simulate

from dias_cbm.card.sar.agreement import agreed_annotation
from dias_cbm.card.sar.annotation import Annotation, read_annotation
from dias_cbm.card.sar.grd_image import GrdImage, tables_of
from dias_cbm.card.sar.measurement import check_measurements
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.card.sar.safe import Image, opened_safe
from dias_cbm.errors import CbmError, CorruptProduct, InconsistentProduct, OrbitFileError
from dias_cbm_lab.level1.grd import not_georeferenced
from dias_cbm_lab.level1.slc_annotation import Pass, Swath, annotation

PRODUCT = "S1A_IW_SLC__1SDV_20210407T053000_20210407T053002_037361_060000_0000"
FILE = "s1a-iw1-slc-vv-20210407t053000-20210407t053002-037361-060000-001.xml"
SLC = annotation(Pass(np.datetime64("2021-04-07T05:30:00"), 37361, 9.5, 56.2), Swath(), "VV")


def edited(text: str, pattern: str, new: str, count: int = 0) -> str:
    """A text with other contents of an element; ``*1.01`` and ``+50`` change the number in it."""

    def changed(match: re.Match[str]) -> str:
        if new[0] in "*+" and new[1:].replace(".", "").isdigit():
            number, by = float(match[2]), float(new[1:])
            return f"{match[1]}{number * by if new[0] == '*' else number + by!r}"
        return f"{match[1]}{new}"

    result = re.sub(f"({pattern})([^<]*)", changed, text, count=count)
    assert result != text
    return result


def read(folder: Path, text: str, product: str = PRODUCT) -> Annotation:
    file = folder / FILE
    file.write_text(text)
    return agreed_annotation(Image("IW1", "VV", file, None, None, None), product)


def test_an_annotation_that_agrees(tmp_path: Path) -> None:
    assert read(tmp_path, SLC.decode()).absolute_orbit == 37361
    assert read(tmp_path, SLC.decode(), "my scene").mission == "S1A"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("S1A_", "S1B_"),
        ("0407T053000_20210407T053002", "0408T053000_20210408T053002"),
        ("37361", "37363"),
    ],
)
def test_a_product_of_another_name(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(InconsistentProduct, match="and its product S1"):
        read(tmp_path, SLC.decode(), PRODUCT.replace(old, new))


@pytest.mark.parametrize(
    ("pattern", "new", "message"),
    [
        ("<missionId>", "S1B", "annotates S1B SLC IW1 VV, its name says S1A SLC IW1 VV"),
        ("<productType>", "GRD", "describes a GRD without|annotates S1A GRD"),
        ("<mode>", "EW", "is of mode EW and swath IW1"),
        ("<pass>", "Ascending", "is of pass A, and its orbit is not"),
        ("<rangeSamplingRate>", "*1.01", "samples from its image"),
        ("<slantRangeTime>", "*1.01", "from what its orbit sees"),
        ("<azimuthTimeInterval>", "*1.01", "lines from its image"),
        ("<latitude>", "+0.01", "lines from what its orbit sees"),
        ("<position><x>", "+1000", "from what its orbit sees"),
        ("<velocity><x>", "*1.01", "velocities lead [0-9,]+ m from their positions"),
        ("<radarFrequency>", "*1.01", "has a radar frequency of 5.459"),
        ("<azimuthSteeringRate>", "*2", "has steering in degrees per second of 3.18"),
        ("<processingBandwidth>", "*2", "has a bandwidth per line of 1.34"),
        ("<azimuthFmRatePolynomial>", "0 0 0", "has an FM rate of 0, not -4000 to -1000"),
        ("<firstValidSample>", "30 30", "valid samples do not fit"),
        ("<lastValidSample>", " ".join(["1200"] * 400), "valid samples do not fit"),
        ("<lastValidSample>", " ".join(["-1"] * 400), "has no valid samples"),
        ("<firstValidSample>", " ".join(["1.5"] * 400), "invalid literal"),
        ("<productFirstLineUtcTime>", "NaT", "'NaT' is not a time"),
        ("<time>", "today", "'today' is not a time"),
        ("<time>", "9999-01-01T00:00:00", "is not a time"),
    ],
)
def test_values_that_contradict(tmp_path: Path, pattern: str, new: str, message: str) -> None:
    text = re.sub(r">\s+<", "><", SLC.decode())
    with pytest.raises((CorruptProduct, InconsistentProduct), match=message) as refused:
        read(tmp_path, edited(text, pattern, new))
    assert str(refused.value.subject) == str(tmp_path / FILE)


def test_state_vectors_of_another_frame(tmp_path: Path) -> None:
    text = SLC.decode().replace("<orbit>", "<orbit><frame>GM2000</frame>")
    with pytest.raises(InconsistentProduct, match="in GM2000, not Earth Fixed"):
        read(tmp_path, text)


def test_a_part_of_a_geolocation_grid(tmp_path: Path) -> None:
    text = re.sub(
        r"(?s)<geolocationGridPoint>.*?</geolocationGridPoint>", "", SLC.decode(), count=8
    )
    with pytest.raises(CorruptProduct, match="grid of 399 of 800 lines"):
        read(tmp_path, text)


def test_an_orbit_file_that_is_not_of_this_orbit(tmp_path: Path) -> None:
    image = read(tmp_path, SLC.decode())
    vectors = image.state_vectors
    numbers = np.column_stack([vectors.positions + 1000, vectors.velocities])
    rows = "".join(
        f"<OSV><UTC>UTC={image.time_of(time)}</UTC>"
        + "".join(
            f"<{name}>{number}</{name}>"
            for name, number in zip(("X", "Y", "Z", "VX", "VY", "VZ"), row, strict=True)
        )
        + "</OSV>"
        for time, row in zip(vectors.times, numbers, strict=True)
    )
    file = tmp_path / "S1A.EOF"
    file.write_text(f"<E><Data_Block><List_of_OSVs>{rows}</List_of_OSVs></Data_Block></E>")
    with pytest.raises(OrbitFileError, match="is 1,732 m from the annotation's orbit"):
        orbit_of(image, file)


@pytest.fixture(scope="module")
def grd(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(tmp_path_factory.mktemp("grd"), 100, 160)


@pytest.mark.parametrize(
    ("file", "pattern", "new", "message"),
    [
        ("s1a", "<rangePixelSpacing>", "*1.5", "samples from its image"),
        ("s1a", "<srgrCoefficients>", "0 1.9", "samples from its image"),
        ("calibration", "<polarisation>", "VH", "is of VH, its image of VV"),
        ("calibration", "<gamma>", "1 1 1", "does not fit its pixels"),
        ("calibration", "<pixel>", "+50000", "has values for samples"),
        ("calibration", "<line>", "+50000", "has values for lines 50000 to"),
        ("noise", "<line>", "+50000", "has values for lines|along azimuth of other lines"),
        ("noise", "<noiseRangeLut>", "-5", "has noise that is negative"),
        ("noise", "<noiseRangeLut>", "1e6", "has noise of [0-9]+ dB"),
        ("noise", "<noiseAzimuthLut>", "-1", "has noise that is negative"),
        ("noise", "<lastRangeSample>", "3", "noise along azimuth of"),
        ("noise", "<firstRangeSample>", "0", "noise along azimuth of 199%"),
    ],
)
def test_tables_that_contradict(
    grd: Simulated, tmp_path: Path, file: str, pattern: str, new: str, message: str
) -> None:
    root = shutil.copytree(grd.safe, tmp_path / grd.safe.name)
    (path,) = root.glob(f"annotation/**/{file}-*vv-*.xml")
    text = path.read_text()
    if new in ("-5", "1e6", "-1"):
        # One value of each list.
        changed = re.sub(f"({pattern})[^ <]+", rf"\g<1>{new}", text)
    elif pattern == "<pixel>":
        changed = re.sub(
            r"(?<=<pixel>)[^<]+",
            lambda found: " ".join(str(int(one) + 50_000) for one in found[0].split()),
            text,
        )
    elif pattern == "<line>":
        changed = re.sub(r"(?<=<line>)\d+(?=<)", lambda found: str(int(found[0]) + 50_000), text)
    else:
        changed = edited(text, pattern, new)
    assert changed != text
    path.write_text(changed)
    with opened_safe(root, tmp_path) as safe, pytest.raises(CbmError, match=message):
        GrdImage(safe, safe.image("IW", "VV"))


@pytest.mark.parametrize("factor", ["3000.0", "0.001"])
def test_factors_of_another_level(grd: Simulated, tmp_path: Path, factor: str) -> None:
    root = shutil.copytree(grd.safe, tmp_path / grd.safe.name)
    (path,) = root.glob("annotation/calibration/calibration-*vv*.xml")

    def scaled(found: re.Match[str]) -> str:
        return " ".join(str(float(one) * float(factor)) for one in found[0].split())

    path.write_text(re.sub(r"(?<=<gamma>)[^<]+", scaled, path.read_text()))
    with opened_safe(root, tmp_path) as safe, pytest.raises(CbmError, match="factors of about"):
        GrdImage(safe, safe.image("IW", "VV"))


def written(path: Path, image: np.ndarray, **more: object) -> Path:
    height, width = image.shape
    profile = {"driver": "GTiff", "height": height, "width": width, "count": 1} | more
    with not_georeferenced(), rasterio.open(path, "w", dtype=image.dtype, **profile) as dataset:
        dataset.write(image, 1)
    return path


def test_images_in_each_others_place(grd: Simulated, tmp_path: Path) -> None:
    (file,) = grd.safe.glob("annotation/*-vv-*.xml")
    one, other = (replace(read_annotation(file), level=level) for level in (200.0, 90.0))
    shape = one.lines, one.samples
    noise = np.random.default_rng(1).gamma(4, 1, shape)
    bright = written(tmp_path / "bright.tif", (50 * noise).astype(np.uint16))
    dark = written(tmp_path / "dark.tif", (22 * noise).astype(np.uint16))
    check_measurements([(bright, one), (dark, other)])
    check_measurements([(dark, replace(one, level=None)), (bright, other)])
    for wrong in ([(dark, one), (bright, other)], [(bright, one), (bright, other)]):
        with pytest.raises(InconsistentProduct, match="level of another polarisation"):
            check_measurements(wrong)


def test_an_image_of_another_place_or_of_nothing(grd: Simulated, tmp_path: Path) -> None:
    (file,) = grd.safe.glob("annotation/*-vv-*.xml")
    one = read_annotation(file)
    image = np.arange(one.lines * one.samples, dtype=np.uint16).reshape(one.lines, one.samples)
    for away in (0.0, 0.02):
        points = [
            GroundControlPoint(line, sample, longitude + away, latitude, 0)
            for line, sample, longitude, latitude in zip(
                one.grid.line, one.grid.sample, one.grid.longitude, one.grid.latitude, strict=True
            )
        ]
        path = written(tmp_path / f"{away}.tif", image, gcps=points, crs="EPSG:4326")
        if not away:
            check_measurements([(path, one)])
            continue
        with pytest.raises(InconsistentProduct, match="of another place"):
            check_measurements([(path, one)])
    for number in (0, 65535):
        path = written(tmp_path / f"{number}.tif", np.full_like(image, number))
        with pytest.raises(CorruptProduct, match=f"holds {number} everywhere"):
            check_measurements([(path, one)])


@pytest.mark.parametrize("what", ["zip", "annotation"])
def test_products_in_each_other(grd: Simulated, tmp_path: Path, what: str) -> None:
    root = shutil.copytree(grd.safe, tmp_path / "x.SAFE" / grd.safe.name).parent
    if what == "zip":
        root = root.rename(tmp_path / grd.safe.name.replace("S1A", "S1B"))
    else:
        (file,) = root.glob("*/annotation/*-vv-*.xml")
        shutil.copy(file, file.with_name(file.name.replace("0289e6", "0289e7")))
    message = {"zip": "holds S1A_IW", "annotation": "second annotation of IW VV"}[what]
    with pytest.raises(InconsistentProduct, match=message), opened_safe(root, tmp_path):
        pass


@pytest.mark.real_data
def test_real_annotations_and_tables_agree(real_data: Path, tmp_path: Path) -> None:
    folders = sorted((real_data / "s1").glob("*/*.SAFE"))
    for root in folders:
        with opened_safe(root, tmp_path) as safe:
            for image in safe.images:
                one = agreed_annotation(image, safe.name)
                if image.calibration:
                    assert tables_of(image, one).noise.usable
    # Of 2017, with other heights in its grid and lines between bursts.
    packed = sorted((real_data / "real_images").glob("alus*/annotation/*.xml.gz"))
    for path in packed:
        file = tmp_path / path.stem
        file.write_bytes(gzip.decompress(path.read_bytes()))
        agreed_annotation(Image("IW1", "VV", file, None, None, None), "old")
    assert (len(folders), len(packed)) == (4, 2)
