"""Check of esa_snappy: whether it works here.

Importing it starts Java in the process, which takes memory, cannot be undone and may crash, so it
is tried in a process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from typing import NamedTuple

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


class SnappyState(NamedTuple):
    """Whether esa_snappy can be used here.

    :param version: None if it cannot.
    :param hint: what to do about it.
    """

    version: str | None
    hint: str = ""


@cache
def state() -> SnappyState:
    """Import esa_snappy in another process; the result is kept for this process."""
    if importlib.util.find_spec("esa_snappy") is None:
        return SnappyState(None, "pip install esa_snappy")
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
        found, problem = None, f"its import failed: {type(error).__name__}"
    hint = f"run SNAP's bin/snappy-conf with this Python ({problem})" if problem else ""
    return SnappyState(found, hint)
