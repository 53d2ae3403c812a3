"""Lines of bursts from measurement files, and what the system is told to read ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.card.sar.annotation import read_annotation
from dias_cbm.card.sar.safe import Image
from dias_cbm.card.sar.slc import SlcReader
from dias_cbm_lab.level1.slc_annotation import Pass, Swath, annotation
from dias_cbm_lab.level1.slc_products import annotation_file, write_annotations, write_image

SWATH = Swath(bursts=4, lines=60, samples=300)


@pytest.fixture
def reader(tmp_path: Path) -> SlcReader:
    """Its pixels are a hundred times their line, and their burst as imaginary part."""
    one = Pass(np.datetime64("2021-04-07T05:30:00"), 37361, 9.5, 56.2)
    root = write_annotations(tmp_path, {("IW1", "VV"): annotation(one, SWATH, "VV")})
    file = annotation_file(root, "IW1", "VV")
    path = tmp_path / "image.tiff"
    rows = np.arange(SWATH.bursts * SWATH.lines)
    values = 100 * (rows % SWATH.lines) + 1j * (rows // SWATH.lines)
    write_image(path, np.repeat(values[:, None], SWATH.samples, 1).astype(np.complex64))
    return SlcReader([Image("IW1", "VV", file, None, None, path)], read_annotation(file))


def test_bursts_are_read_whatever_is_expected(reader: SlcReader) -> None:
    with reader:
        for expected in (0, 3, 1, 2):
            reader.expect(expected)
            for burst in range(SWATH.bursts):
                lines = reader.read(burst, 5, 3)
                assert lines.shape == (1, 3, SWATH.samples)
                assert (
                    lines[0, :, 7] == [500 + 1j * burst, 600 + 1j * burst, 700 + 1j * burst]
                ).all()


def test_what_is_asked_after_the_end_is_no_failure(reader: SlcReader) -> None:
    reader.close()
    reader.expect(2)
    reader.close()
