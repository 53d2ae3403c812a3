"""CARD-2A by Sen2Cor, ESA's processor: ``L2A_Process`` over an L1C product."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from dias_cbm.card.engines.external_program import run_program
from dias_cbm.card.engines.registry import Finding
from dias_cbm.card.optical.l1c import opened_l1c
from dias_cbm.config.settings import settings
from dias_cbm.errors import CardFailed, InconsistentProduct
from dias_cbm.products.provenance import MadeProduct, Progress
from dias_cbm.products.readers.archive import unpacked
from dias_cbm.products.readers.safe import Metadata, read_metadata
from dias_cbm.scenes import Kind, parse_name

HOW_TO_GET_IT = "install Sen2Cor 2.10 or newer from step.esa.int, and set CBM_SEN2COR_L2A_PROCESS"

_SHARE = re.compile(r"Progress\[%\]:\s*(\d{1,3}(?:\.\d+)?)")
_VERSION = re.compile(r"Version:?\s*(\d[\d.]*\d)")
_HELP_S = 60
# Folders of a product that may be empty.
_EMPTY = ("AUX_DATA", "HTML", "rep_info")
_EMPTY_IN_GRANULE = ("AUX_DATA", "QI_DATA")


def find_sen2cor() -> Path | None:
    """The program, from the setting ``sen2cor.l2a_process`` or from the PATH."""
    if given := settings().sen2cor.l2a_process:
        return Path(given).expanduser()
    found = shutil.which("L2A_Process")
    return Path(found) if found else None


def sen2cor_version(program: Path) -> str | None:
    """The version that the program reports."""
    try:
        done = subprocess.run(
            [program, "--help"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_HELP_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CardFailed(f"cannot be run: {error}", subject=program) from error
    match = _VERSION.search(done.stdout + done.stderr)
    return match[1] if match else None


def make_surface_reflectance(
    source: Path, *, target: Path, progress: Progress | None = None
) -> MadeProduct:
    """Make an L2A product from an L1C product.

    :param source: SAFE folder, or zip of one.
    :param target: folder in which the product is put.
    :raises CorruptProduct: the L1C product cannot be used.
    :raises CardFailed: Sen2Cor is not installed, failed, or is too old for the product's baseline.
    """
    program = find_sen2cor()
    if program is None or not program.is_file():
        raise CardFailed("Sen2Cor is not installed", subject=program, hint=HOW_TO_GET_IT)
    work = target / "sen2cor"
    work.mkdir(parents=True)
    with unpacked(source, work, lambda _: True, marker="GRANULE") as folder:
        with opened_l1c(folder, work) as product:
            name, baseline = product.name, product.baseline
            offset = max(product.offsets.values(), key=abs, default=0.0)
        run_program(
            [program, "--output_dir", work.resolve(), _complete(folder, work).resolve()],
            share=_SHARE,
            progress=progress,
            folder=work,
        )
    made = _result(work, name)
    metadata = read_metadata(made)
    _check_offset(metadata, offset, baseline, made)
    path = made.rename(target / made.name)
    shutil.rmtree(work)
    provenance = {
        "engine": "sen2cor",
        "sen2cor_version": sen2cor_version(program),
        "source": name,
        "source_baseline": baseline,
        "radiometric_offset": offset,
        "boa_offset": max(metadata.radiometry.offsets.values(), key=abs, default=0.0),
    }
    return MadeProduct(path, Kind.S2_L2A, provenance)


def _complete(folder: Path, work: Path) -> Path:
    """The product with the empty folders that zips and stores lose, in the work folder.

    Several versions of Sen2Cor stop without them. Files outside the work folder are linked.
    """
    if not folder.resolve().is_relative_to(work.resolve()):
        linked = work / "input" / folder.name
        for file in folder.rglob("*"):
            if file.is_file():
                place = linked / file.relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(file.resolve())
        folder = linked
    granules = [one for one in (folder / "GRANULE").iterdir() if one.is_dir()]
    for parent, names in ((folder, _EMPTY), *((one, _EMPTY_IN_GRANULE) for one in granules)):
        for name in names:
            (parent / name).mkdir(exist_ok=True)
    return folder


def _result(work: Path, source: str) -> Path:
    """The one L2A product that it wrote, of the source's tile and time."""
    wanted = parse_name(source)
    found = [
        path
        for path in sorted(work.glob("*.SAFE"))
        if (fields := parse_name(path.name)).get("level") == "MSIL2A"
        and (fields["tile"], fields["start"]) == (wanted["tile"], wanted["start"])
    ]
    if len(found) != 1:
        raise CardFailed(
            f"Sen2Cor wrote {len(found)} products of {source}, expected one", subject=work.name
        )
    return found[0]


def _check_offset(metadata: Metadata, offset: float, baseline: str, made: Path) -> None:
    """Refuse the product of an old Sen2Cor.

    Before 2.10 it takes the offset of baselines from 04.00 on for reflectance.
    """
    if metadata.source != "metadata":
        raise InconsistentProduct("has no metadata of its own", subject=made.name)
    if offset and not metadata.radiometry.offsets:
        raise CardFailed(
            f"L1C of baseline {baseline} has the offset {offset:g}, Sen2Cor's product has none",
            subject=made.name,
            hint=HOW_TO_GET_IT,
        )


def probe() -> list[Finding]:
    """Whether Sen2Cor is installed, for ``cbm card doctor``."""
    program = find_sen2cor()
    if program is None or not program.is_file():
        return [Finding("L2A_Process", None, f"{program or ''} {HOW_TO_GET_IT}".strip())]
    try:
        version = sen2cor_version(program)
    except CardFailed as error:
        return [Finding("L2A_Process", None, str(error))]
    return [Finding("L2A_Process", f"{program}, Sen2Cor {version or 'of unknown version'}")]
