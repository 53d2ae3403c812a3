"""Stands in for Sen2Cor's ``L2A_Process``: checks its arguments, and the embedded engine works."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dias_cbm.card.optical.surface import make_surface_reflectance


def main(arguments: list[str]) -> None:
    if arguments == ["--help"]:
        print("Sentinel-2 Level 2A Processor (Sen2Cor). Version: 02.12.03, created: 2024.08.26")
        return
    option, output, source = arguments
    assert option == "--output_dir"
    assert (Path(source) / "MTD_MSIL1C.xml").is_file()
    for name in ("AUX_DATA", "HTML", "rep_info", "GRANULE/*/AUX_DATA", "GRANULE/*/QI_DATA"):
        assert any(one.is_dir() for one in Path(source).glob(name)), f"no {name}"
    print("Progress[%]:  3.45 : PID-1, L2A_Process, start", flush=True)
    if os.environ.get("STAND_IN_FAILS"):
        print("Progress[%]: Application terminated with at least one error.")
        sys.exit(1)
    made = make_surface_reflectance(Path(source), target=Path(output))
    if os.environ.get("STAND_IN_VERSION") == "old":
        metadata = made.path / "MTD_MSIL2A.xml"
        lines = metadata.read_text().splitlines()
        metadata.write_text("\n".join(line for line in lines if "BOA_ADD_OFFSET" not in line))
    print("Progress[%]: 100.00 : PID-1, L2A_Process, done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
