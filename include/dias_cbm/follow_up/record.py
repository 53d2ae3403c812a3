"""Records of the follow-up: a folder per parcel with its pictures and what they are, as JSON."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dias_cbm.small_file import small_file
from dias_cbm.whole_file import output_errors, whole_file

RECORD = "follow_up.json"
_LARGEST = 64 << 20


def folder_of(pid: str) -> str:
    """The name of a parcel's folder: readable, its own, and in no other folder."""
    readable = re.sub(r"[^A-Za-z0-9-]", "_", pid)[:60]
    return f"{readable}_{hashlib.sha256(pid.encode()).hexdigest()[:8]}"


def write(folder: Path, record: Mapping[str, Any], pictures: Mapping[str, bytes]) -> None:
    """Write a parcel's pictures, then its record, and remove pictures of an older choice.

    If this is killed at any point, the record is missing or the earlier one, and the parcel is made
    again.

    :raises OutputError: they cannot be written.
    """
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in pictures.items():
        with whole_file(folder / name) as aside:
            aside.write_bytes(content)
    with whole_file(folder / RECORD) as aside:
        aside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    with output_errors(folder):
        for path in folder.glob("*.png"):
            if path.name not in pictures:
                path.unlink(missing_ok=True)


def read(folder: Path) -> dict[str, Any] | None:
    """A parcel's record; None if there is none, or one that cannot be used."""
    try:
        record = json.loads(small_file(folder / RECORD, _LARGEST))
        files = [folder / one["file"] for one in record["images"]]
        whole = all(path.is_file() for path in files) and "key" in record
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if whole else None
