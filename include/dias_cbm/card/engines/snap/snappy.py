"""esa_snappy: SNAP inside Python, to read whatever SNAP reads.

Importing it starts Java in the process, which takes memory, cannot be undone and may not end well:
whether it works is tried in a process of its own first.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import CardFailed, CorruptProduct, InconsistentProduct

_IMPORT = """
import json
try:
    import esa_snappy
    from esa_snappy import ProductIO
    found, problem = getattr(esa_snappy, "__version__", "usable"), ""
except (ImportError, OSError, RuntimeError, ValueError) as error:
    found, problem = None, f"{type(error).__name__}: {error}"
print("\\n" + json.dumps([found, problem]))
"""
_IMPORT_S = 120


class State(NamedTuple):
    """Whether esa_snappy can be used here.

    :param version: None if it cannot.
    :param hint: what to do then.
    """

    version: str | None
    hint: str = ""


@cache
def state() -> State:
    """Import esa_snappy in another process and see; asked once a process."""
    if importlib.util.find_spec("esa_snappy") is None:
        return State(None, "pip install esa_snappy")
    try:
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT],
            capture_output=True,
            text=True,
            timeout=_IMPORT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        found, problem = json.loads(done.stdout.strip().rpartition("\n")[2])
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        found, problem = None, f"its import broke: {type(error).__name__}"
    hint = f"run SNAP's bin/snappy-conf with this Python ({problem})" if problem else ""
    return State(found, hint)


def read_band(path: Path, name: str) -> NDArray[np.float32]:
    """One band of a product, read by SNAP in this process; physical values, in radar geometry too.

    :param path: anything that SNAP opens: a ``.dim``, a ``manifest.safe``, a zip.
    :param name: of the band, as SNAP calls it; virtual bands too.
    :returns: rows x columns.
    :raises CardFailed: esa_snappy cannot be used here.
    :raises CorruptProduct: SNAP cannot read the product.
    :raises InconsistentProduct: it has no such band.
    """
    usable = state()
    if usable.version is None:
        raise CardFailed("esa_snappy cannot be used", subject=path, hint=usable.hint)
    snappy = importlib.import_module("esa_snappy")
    try:
        product = snappy.ProductIO.readProduct(str(path))
    except RuntimeError as error:  # what jpy makes of a Java exception
        raise CorruptProduct(f"SNAP cannot read it: {error}", subject=path) from error
    if product is None:
        raise CorruptProduct("no reader of SNAP knows it", subject=path)
    try:
        band = product.getBand(name)
        if band is None:
            known = ", ".join(product.getBandNames())
            raise InconsistentProduct(f"has no band {name}, but {known}", subject=path)
        columns, rows = band.getRasterWidth(), band.getRasterHeight()
        values = np.zeros(rows * columns, np.float32)
        band.readPixels(0, 0, columns, rows, values)
    except RuntimeError as error:
        raise CorruptProduct(f"SNAP cannot read {name}: {error}", subject=path) from error
    finally:
        product.dispose()
    return values.reshape(rows, columns)
