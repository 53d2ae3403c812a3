"""What numba keeps of a kernel that uses another file's, after the other has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/fresh_kernels.sh"
SHIFTS = "NONE = 0\nSHIFT = {}\n"
INNER = (
    "import numba\nfrom kernels.shifts import (\n    NONE,\n    SHIFT,\n)\n"
    "@numba.njit(cache=True)\ndef inner(x):\n    return x + {} + NONE + SHIFT\n"
)
OUTER = (
    "import numba\nfrom kernels.inner import inner\n"
    "@numba.njit(cache=True)\ndef outer(x):\n    return inner(x)\n"
)


def result(folder: Path) -> int:
    plain = {name: text for name, text in os.environ.items() if not name.startswith("NUMBA")}
    command = [sys.executable, "-B", "-c", "from kernels.outer import outer; print(outer(1))"]
    return int(subprocess.check_output(command, cwd=folder, env=plain))


def freshened(folder: Path) -> str:
    command = [SCRIPT, folder / "kernels", folder / "stamp"]
    return subprocess.check_output(command, text=True).strip()


def test_a_kernel_is_compiled_anew_when_what_it_uses_of_other_files_has_changed(
    tmp_path: Path,
) -> None:
    package = tmp_path / "kernels"
    package.mkdir()
    (package / "outer.py").write_text(OUTER)
    (package / "inner.py").write_text(INNER.format(1))
    (package / "shifts.py").write_text(SHIFTS.format(100))
    assert freshened(tmp_path) == ""
    assert result(tmp_path) == 102
    assert freshened(tmp_path) == ""
    (package / "inner.py").write_text(INNER.format(41))
    assert freshened(tmp_path) == "stale"
    assert result(tmp_path) == 142
    (package / "shifts.py").write_text(SHIFTS.format(200))
    assert freshened(tmp_path) == "stale"
    assert result(tmp_path) == 242
