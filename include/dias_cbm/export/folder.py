"""The folder of an export: files are written aside, moved when complete, listed in a manifest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dias_cbm.errors import SeasonError
from dias_cbm.whole_file import output_errors

MANIFEST = "manifest.json"
_ASIDE = ".part"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file of an export.

    :param name: within the folder.
    :param what: ``signatures``, ``means``, ``parcels`` or ``outliers``.
    :param month: of signatures, ``2018-05`` (in UTC).
    :param rows: in the file.
    :param records: of signatures, the rows with at least one pixel.
    """

    name: str
    what: str
    rows: int
    card: str | None = None
    month: str | None = None
    records: int | None = None


def read_manifest(folder: Path, season: str) -> dict[str, Any]:
    """The manifest of an earlier export of the season; if there is none, one without files.

    :raises SeasonError: the folder holds another season, or a manifest of something else.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        of = manifest["season"]
        files = [ExportedFile(**file) for file in manifest["files"]]
    except FileNotFoundError:
        return {"season": season, "files": []}
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise SeasonError(
            "is not the manifest of an export",
            subject=folder / MANIFEST,
            hint="choose another folder, or remove the file",
        ) from error
    if of != season:
        raise SeasonError(
            f"holds an export of season {of}",
            subject=folder,
            hint="use one folder per season",
        )
    return manifest | {"files": [asdict(file) for file in files]}


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """A temporary folder beside the final files; it is removed at the end with its contents.

    A folder that is created for it is removed again, if nothing came into it.

    :raises OutputError: the folder cannot be written to.
    """
    aside = folder / _ASIDE
    shutil.rmtree(aside, ignore_errors=True)
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    with output_errors(folder):
        aside.mkdir(parents=True)
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            with suppress(OSError):
                for one in missing:
                    one.rmdir()


def put_in_place(
    folder: Path, aside: Path, files: list[ExportedFile], stale: set[str], head: dict[str, Any]
) -> None:
    """Move complete files into place, remove those they replace, and write the manifest.

    :param stale: names of files that the export no longer has.
    :param head: the manifest without the new files; ``files`` are those that stay.
    """
    for file in files:
        (aside / file.name).replace(folder / file.name)
    for name in stale - {file.name for file in files}:
        (folder / name).unlink(missing_ok=True)
    listed = sorted([*head["files"], *map(asdict, files)], key=lambda file: str(file["name"]))
    written = aside / MANIFEST
    written.write_text(json.dumps(head | {"files": listed}, indent=1) + "\n")
    written.replace(folder / MANIFEST)
