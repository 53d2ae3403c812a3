"""What of SNAP is installed, for ``cbm card doctor``."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

from cbm.card.engines.registry import Finding
from cbm.card.engines.snap.gpt import HOW_TO_GET_IT, Gpt, find_gpt
from cbm.card.engines.snap.operators import OPERATORS
from cbm.errors import CardFailed

#: Importing esa_snappy starts Java, which cannot be undone and may not end well.
_IMPORT = """
import json, sys
try:
    import esa_snappy
    from esa_snappy import ProductIO
    found, problem = getattr(esa_snappy, "__version__", "usable"), ""
except (ImportError, OSError, RuntimeError, ValueError) as error:
    found, problem = None, f"{type(error).__name__}: {error}"
print("\\n" + json.dumps([found, problem]))
"""
_IMPORT_S = 120


def probe() -> list[Finding]:
    """The command, each operator of our graphs, and esa_snappy."""
    program = find_gpt()
    if program is None or not program.is_file():
        said = str(program) if program else ""
        return [Finding("gpt", None, f"{said} {HOW_TO_GET_IT}".strip()), _snappy()]
    gpt = Gpt(program)
    try:
        version = gpt.version()
    except CardFailed as error:
        return [Finding("gpt", None, str(error)), _snappy()]
    findings = [Finding("gpt", f"{program}, SNAP {version or 'of unknown version'}")]
    return [*findings, *(_operator(gpt, name) for name in OPERATORS), _snappy()]


def _operator(gpt: Gpt, name: str) -> Finding:
    try:
        known = gpt.parameters(name)
    except CardFailed as error:
        return Finding(name, None, f"install the Microwave Toolbox into SNAP: {error}")
    missing = sorted(OPERATORS[name].known - known)
    if missing:
        return Finding(name, None, f"this version lacks its parameters {', '.join(missing)}")
    return Finding(name, f"{len(known)} parameters")


def _snappy() -> Finding:
    """esa_snappy is not needed: it tells where SNAP is, and reads its products in Python."""
    if importlib.util.find_spec("esa_snappy") is None:
        return Finding("esa_snappy", None, "pip install esa_snappy", needed=False)
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
    return Finding("esa_snappy", found, hint, needed=False)
