"""Stands in for SNAP's ``gpt``: checks what it is given, and lets the embedded engine do the work.

Written from the parameter lists of the operators' sources; it has never met a real SNAP either.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from lxml import etree

INCLUDE = Path(__file__).resolve().parents[2] / "include"


def operators() -> dict:
    """The parameter lists, without importing the whole library each time that help is asked for."""
    file = INCLUDE / "dias_cbm/card/engines/snap/operators.py"
    spec = importlib.util.spec_from_file_location("operators", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["operators"] = module
    spec.loader.exec_module(module)
    return module.OPERATORS


OPERATORS = operators()

#: How many products an operator reads.
SOURCES = {"Read": 0, "Back-Geocoding": 2, "TOPSAR-Merge": 3}
OPTIONS = re.compile(r"-e|-x|-J-Xmx\d+G|-J-Djava\.io\.tmpdir=.+")


def main(arguments: list[str]) -> None:
    if arguments == ["--diag"]:
        print("SNAP Release version 12.0.0")
    elif arguments[1:] == ["-h"]:
        tell_parameters(arguments[0])
    else:
        check_options(arguments[1:])
        run(Path(arguments[0]))


def tell_parameters(operator: str) -> None:
    names = OPERATORS[operator].known
    if os.environ.get("STAND_IN_VERSION") != "old":
        names = names | OPERATORS[operator].newer
    print(f"Usage:\n  gpt {operator} [options]\n\nParameter Options:")
    for name in sorted(names):
        print(f"  -P{name}=<string>     Sets parameter '{name}'.")


def check_options(options: list[str]) -> None:
    while options:
        option = options.pop(0)
        if option in ("-c", "-q"):
            assert re.fullmatch(r"\d+G?", options.pop(0))
        else:
            assert OPTIONS.fullmatch(option), f"unknown option {option}"


def run(file: Path) -> None:
    root = etree.parse(str(file)).getroot()
    assert (root.tag, root.findtext("version")) == ("graph", "1.0")
    nodes = {node.get("id"): node for node in root.iter("node")}
    assert len(nodes) == len(list(root.iter("node"))), "an id comes twice"
    for node in nodes.values():
        check(node, set(nodes))
    for share in ("10", "50", "90"):
        sys.stdout.write(f"....{share}%")
        sys.stdout.flush()
    if os.environ.get("STAND_IN_FAILS"):
        print("\nError: [NodeId: Terrain-Correction] no DEM for the area", file=sys.stderr)
        sys.exit(1)
    if pause := os.environ.get("STAND_IN_SLEEPS"):
        Path(pause).write_text(str(os.getpid()))
        time.sleep(600)
    write(nodes)
    print("....100% done.")


def check(node: etree._Element, identifiers: set[str | None]) -> None:
    operator = node.findtext("operator")
    names = OPERATORS[operator]
    given = [element.tag for element in node.find("parameters")]
    old = os.environ.get("STAND_IN_VERSION") == "old"
    expected = names.known if old else names.known | names.newer
    assert sorted(given) == sorted(expected), f"{operator}: {set(given) ^ expected}"
    sources = [element.get("refid") for element in node.find("sources")]
    assert len(sources) == SOURCES.get(operator, 1), f"{operator} reads {sources}"
    assert set(sources) <= identifiers


def value(nodes: dict, operator: str, name: str) -> str | None:
    found = [n for n in nodes.values() if n.findtext("operator") == operator]
    return found[0].findtext(f"parameters/{name}") if found else None


def write(nodes: dict) -> None:
    import numpy as np
    from affine import Affine

    output = Path(str(value(nodes, "Write", "file")))
    reads = [
        Path(n.findtext("parameters/file"))
        for n in nodes.values()
        if n.findtext("operator") == "Read"
    ]
    for path in reads:
        assert path.exists(), path
    if value(nodes, "Coherence", "cohWinAz"):
        # The real one keeps the sub-swath in radar geometry; the embedded engine makes all at once.
        output.write_text("\n".join(map(str, reads)))
        return
    coherence = "TOPSAR-Merge" in nodes
    sources = reads
    if coherence:
        sources = [Path(line) for line in reads[0].read_text().splitlines()]
    prefix, pixel = ("coh", 20.0) if coherence else ("Gamma0", 10.0)
    layers = embedded(coherence, sources, value(nodes, "Terrain-Correction", "externalDEMFile"))
    if layers is None:
        base = np.linspace(0.1, 0.3, 900).reshape(30, 30)
        grid = {"crs": "EPSG:32632", "transform": Affine(pixel, 0, 600000, 0, -pixel, 6300000)}
        layers = {"VV": (base, grid), "VH": (base / 2, grid)}
    names = sorted(layers)  # not in the order of the product
    dates = "_11May2018_05May2018" if coherence else ""
    folder = output.with_suffix(".data")
    folder.mkdir()
    for name in names:
        values, grid = layers[name]
        save(folder / f"{prefix}_{name}{dates}.img", values, grid)
    save(folder / "elevation.img", layers["VV"][0], layers["VV"][1])
    output.write_text("<Dimap_Document/>")


def embedded(coherence: bool, sources: list[Path], dem: str | None) -> dict | None:
    """The layers that the embedded engine makes of real sources; None without them."""
    if not dem or not (sources[0].parent / "annotation").is_dir():
        return None
    import rasterio

    from dias_cbm.products.open import open_product

    target = Path("stand-in")
    products = [path.parent if path.name == "manifest.safe" else path for path in sources]
    if coherence:
        from dias_cbm.card.sar.coherence import make_coherence

        made = make_coherence(*products, dem=Path(dem), target=target)
    else:
        from dias_cbm.card.sar.backscatter import make_backscatter

        made = make_backscatter(products[0], dem=Path(dem), orbit=None, target=target)
    layers = {}
    for name, band in open_product(made.path, made.kind).bands.items():
        with rasterio.open(band.path) as dataset:
            grid = {"crs": dataset.crs, "transform": dataset.transform}
            layers[name] = dataset.read(band.index), grid
    shutil.rmtree(target)
    return layers


def save(path: Path, values: Any, grid: dict) -> None:
    import rasterio

    height, width = values.shape
    size = {"height": height, "width": width, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="ENVI", nodata=0, **size, **grid) as dataset:
        dataset.write(values.astype("f4"), 1)


if __name__ == "__main__":
    main(sys.argv[1:])
