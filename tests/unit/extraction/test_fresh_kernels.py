"""What numba keeps of a kernel that uses another file's, after the other has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/fresh_kernels.sh"
INNER = "import numba\n@numba.njit(cache=True)\ndef inner(x):\n    return x + {}\n"
OUTER = (
    "import numba\nfrom inner import inner\n"
    "@numba.njit(cache=True)\ndef outer(x):\n    return inner(x)\n"
)


def result(folder: Path) -> int:
    plain = {name: text for name, text in os.environ.items() if not name.startswith("NUMBA")}
    command = [sys.executable, "-B", "-c", "from outer import outer; print(outer(1))"]
    return int(subprocess.check_output(command, cwd=folder, env=plain))


def freshened(folder: Path) -> str:
    command = [SCRIPT, folder, folder / "stamp"]
    return subprocess.check_output(command, text=True).strip()


def test_a_kernel_of_another_file_that_has_changed_is_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "outer.py").write_text(OUTER)
    (tmp_path / "inner.py").write_text(INNER.format(1))
    assert freshened(tmp_path) == ""
    assert result(tmp_path) == 2
    assert freshened(tmp_path) == ""
    (tmp_path / "inner.py").write_text(INNER.format(41))
    assert freshened(tmp_path) == "stale"
    assert result(tmp_path) == 42
