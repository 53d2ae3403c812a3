"""A draw kept in a folder: list, manifest, sample and findings as files."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Sequence
from pathlib import Path

from dias_cbm.errors import SampleError
from dias_cbm.quality import drawn as drawing
from dias_cbm.quality.csv_files import LARGEST
from dias_cbm.quality.drawn import Drawn
from dias_cbm.quality.findings import Found, accept, findings_csv, parse_kept
from dias_cbm.small_file import small_file
from dias_cbm.whole_file import whole_file

LIST, MANIFEST, FINDINGS = "list.csv", "draw.json", "findings.csv"
SAMPLE, PARCELS = "extracted_sample.csv", "parcel_centric.csv"
HOLDINGS, SUMMARY = "HL_interventions.csv", "summary.txt"


def write(drawn: Drawn, folder: Path) -> list[Path]:
    """Write a draw to a new folder; the manifest comes last, so that it tells completeness.

    :returns: the files.
    :raises SampleError: the folder already has a draw, which is never overwritten.
    """
    check_free(folder)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        LIST: drawn.ranked.text(),
        SAMPLE: drawing.sample_csv(drawn.sample),
        PARCELS: drawing.parcels_csv(drawn.sample),
        SUMMARY: drawing.summary(drawn),
    }
    if drawn.holding_level:
        texts[HOLDINGS] = drawing.holdings_csv(drawn)
    texts[MANIFEST] = json.dumps(drawn.manifest(), indent=1) + "\n"
    for name, text in texts.items():
        _replace(folder / name, text)
    return [folder / name for name in texts]


def check_free(folder: Path) -> None:
    """Check that a folder has no draw yet.

    :raises SampleError: it has one.
    """
    if (folder / MANIFEST).exists():
        raise SampleError("there is a draw already, and it is kept", subject=folder)


def read(folder: Path) -> Drawn:
    """Read a draw, and repeat it to prove it.

    :raises SampleError: there is none, or it is not what it was.
    """
    manifest, listed, sample = (_text(folder / name) for name in (MANIFEST, LIST, SAMPLE))
    try:
        settings = json.loads(manifest)
    except json.JSONDecodeError as error:
        raise SampleError(f"not JSON: {error}", subject=folder / MANIFEST) from error
    drawn = drawing.read(settings, listed, str(folder / LIST))
    if sample != drawing.sample_csv(drawn.sample):
        raise SampleError("the sample has changed since the draw", subject=folder / SAMPLE)
    return drawn


def findings(folder: Path) -> list[Found]:
    """All findings recorded so far, oldest first."""
    path = folder / FINDINGS
    return parse_kept(_text(path), str(path)) if path.exists() else []


def record(folder: Path, new: Sequence[Found]) -> list[Found]:
    """Add findings, with the replacements they call for: all of them or, if it breaks off, none.

    One process at a time: others wait.

    :returns: the findings as recorded.
    :raises SampleError: a finding on something that is not in the sample.
    """
    drawn = read(folder)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = findings(folder)
        done = accept(drawn, known, new)
        _replace(folder / FINDINGS, findings_csv([*known, *done]))
    return done


def _text(path: Path) -> str:
    try:
        return small_file(path, LARGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise SampleError(f"cannot be read: {error}", subject=path) from error


def _replace(path: Path, text: str) -> None:
    with whole_file(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="")
