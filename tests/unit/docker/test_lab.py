"""A lab as a command: what was made is removed, and the exit code says how it ended."""

from __future__ import annotations

import io
import signal
from collections.abc import Generator, Iterator

import pytest

from dias_cbm_lab.demo.check import Check
from scripts.deployment import lab, programs


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if no lab were running in this checkout; SIGTERM ends the tests as before."""
    monkeypatch.setattr(programs, "alone", io.StringIO)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    ("error", "ok", "code", "said"),
    [
        (None, True, 0, "1 checks, 0 FAILED"),
        (None, False, 1, "1 checks, 1 FAILED"),
        (programs.CannotRun("no engine"), True, 2, "swarm: no engine"),
        (KeyboardInterrupt(), True, 130, "swarm: interrupted"),
    ],
)
def test_the_end_of_a_lab(
    error: BaseException | None,
    ok: bool,
    code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    removed = []

    def attempt() -> Generator[Check]:
        yield Check("one", "wanted", "found", ok=ok)
        if error is not None:
            raise error

    assert lab.run("swarm", attempt, lambda: removed.append(True)) == code
    assert removed == [True]
    assert said in "".join(capsys.readouterr())
