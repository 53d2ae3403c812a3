"""Annotations of assembled slices: their lists begin again, and are doubled where slices meet."""

from __future__ import annotations

import gzip
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from dias_cbm.card.sar.annotation import Annotation, RangePolynomial, read_annotation
from dias_cbm.card.sar.bursts import burst_ramp, estimate_of, mid_time
from dias_cbm.card.sar.luts import read_noise
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.card.sar.ordered import in_order
from dias_cbm.errors import InconsistentProduct
from dias_cbm_lab.level1.slc_annotation import SWATHS, Pass, annotation

PASS = Pass(np.datetime64("2021-04-07T05:30:00"), 37361, 9.5, 56.2)
REAL = "real_images/alus_snap_backgeocoding/annotation"


def content() -> etree._Element:
    return etree.fromstring(annotation(PASS, replace(SWATHS[0], bursts=3), "VV"))


def read(folder: Path, root: etree._Element) -> Annotation:
    file = folder / "s1a-iw1-slc-vv.xml"
    file.write_bytes(etree.tostring(root))
    return read_annotation(file)


def estimates(*times: float) -> tuple[RangePolynomial, ...]:
    """Each of its place in the list."""
    return tuple(
        RangePolynomial(time, 0.005, np.array([number])) for number, time in enumerate(times)
    )


def place(found: RangePolynomial) -> int:
    return int(found.coefficients[0])


def test_estimates_are_taken_by_time_and_of_two_the_earlier_slices() -> None:
    assembled = estimates(0.0, 2.758, 5.517, 2.761, 5.520, 8.278, 11.037)
    assert [place(estimate_of(assembled, time)) for time in (0.1, 2.6, 2.9, 5.3, 5.6, 8.4)] == [
        0, 1, 1, 2, 2, 5
    ]  # fmt: skip
    backwards = estimates(8.3, 5.5, 2.7, 0.0)
    assert [place(estimate_of(backwards, time)) for time in (0.1, 2.9, 8.0)] == [3, 2, 0]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["20170602", "20170614"])
def test_real_assembled_slices(real_data: Path, tmp_path: Path, name: str) -> None:
    """Two slices: 19 bursts, 22 estimates. The burst's data are within the estimate's."""
    (packed,) = (real_data / REAL).glob(f"*-{name}t*.xml.gz")
    file = tmp_path / "s1a-iw1-slc-vv.xml"
    file.write_bytes(gzip.decompress(packed.read_bytes()))
    image = read_annotation(file)
    times = [one.azimuth_time for one in image.doppler_centroid]
    assert len(image.bursts) < len(times) and times != sorted(times)
    elements = etree.parse(file).findall("dopplerCentroid/dcEstimateList/dcEstimate")
    taken = []
    for index in range(len(image.bursts)):
        time = mid_time(image, index)
        number = image.doppler_centroid.index(estimate_of(image.doppler_centroid, time))
        first, last = (
            (np.datetime64(elements[number].findtext(f"fineDceAzimuth{edge}Time")) - image.epoch)
            / np.timedelta64(1, "s")
            for edge in ("Start", "Stop")
        )
        assert first < time < last, index
        rate = image.fm_rate.index(estimate_of(image.fm_rate, time))
        assert rate == number
        taken.append(number)
    met = next(k for k in range(1, len(times)) if times[k] < times[k - 1])
    doubled = sum(time >= times[met] - 0.1 for time in times[:met])
    assert taken == [k for k in range(1, len(times)) if not met <= k < met + doubled]


def doubled(root: etree._Element, path: str, backwards: bool = False) -> etree._Element:
    """Repeat the entries of a list after its end, or turn it round."""
    rows = root.find(path)
    assert rows is not None
    entries = list(rows)
    for entry in entries if backwards else map(deepcopy, entries[1:]):
        if backwards:
            rows.insert(0, entry)
        else:
            rows.append(entry)
    return root


@pytest.mark.parametrize(
    "path",
    [
        "generalAnnotation/orbitList",
        "generalAnnotation/azimuthFmRateList",
        "dopplerCentroid/dcEstimateList",
        "geolocationGrid/geolocationGridPointList",
    ],
)
@pytest.mark.parametrize("backwards", [True, False])
def test_lists_may_be_unsorted_or_doubled(tmp_path: Path, path: str, backwards: bool) -> None:
    plain, other = read(tmp_path, content()), read(tmp_path, doubled(content(), path, backwards))
    time = np.array([0.3])
    assert orbit_of(other).position(time) == pytest.approx(orbit_of(plain).position(time))
    assert burst_ramp(other, 1, 7500.0).terms == pytest.approx(burst_ramp(plain, 1, 7500.0).terms)


def test_doubled_tables_of_noise(tmp_path: Path) -> None:
    vector = (
        "<noiseVector><line>{}</line><pixel>0 10</pixel><noiseLut>{} {}</noiseLut></noiseVector>"
    )
    vectors = "".join(vector.format(line, line, line) for line in (0, 100, 200, 100, 200, 300))
    file = tmp_path / "noise.xml"
    file.write_text(f"<noise><noiseVectorList>{vectors}</noiseVectorList></noise>")
    noise = read_noise(file)
    assert noise.range.lines.tolist() == [0, 100, 200, 300]
    assert noise.block(150, 0, 1, 2).tolist() == [[150, 150]]


def test_ground_ranges_in_order() -> None:
    times = np.array([20.0, 0.0, 10.0, 20.0])
    values = np.array([[2.0], [0.0], [1.0], [2.5]])
    key, found = in_order(times, values, 1.0, "conversions", Path("x"))
    assert (key.tolist(), found[:, 0].tolist()) == ([0, 10, 20], [0, 1, 2])
    with pytest.raises(InconsistentProduct, match="two conversions of the same time"):
        in_order(times, values, 0.1, "conversions", Path("x"))


def test_an_orbit_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    root = doubled(content(), "generalAnnotation/orbitList")
    last = root.findall("generalAnnotation/orbitList/orbit/position/x")[-1]
    last.text = str(float(last.text or 0) + 50)
    with pytest.raises(InconsistentProduct, match="two orbit state vectors of the same time that"):
        read(tmp_path, root)
