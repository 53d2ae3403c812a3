from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import ports


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((ports.HOST, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_free_port_is_taken_as_wanted(taken: int) -> None:
    free = ports.choose(taken + 1)
    assert ports.choose(free) == free


def test_a_taken_port_gives_the_next_free_one(taken: int) -> None:
    assert not ports.is_free(taken)
    chosen = ports.choose(taken)
    assert taken < chosen <= taken + 100
    assert ports.is_free(chosen)


def test_a_port_that_is_spoken_for_is_passed_over(taken: int) -> None:
    first = ports.choose(taken)
    assert ports.choose(taken, besides=[first]) > first


@pytest.mark.parametrize("wanted", [0, -1, 65536])
def test_what_is_no_port_is_an_error(wanted: int) -> None:
    with pytest.raises(ServiceError, match="is not a port"):
        ports.choose(wanted)


def test_no_free_port_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(ServiceError, match="no free port from 8080 on"):
        ports.choose(8080)


def test_ports_are_remembered(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    assert ports.remembered(file) == {}
    ports.remember(file, {"dias": 8401})
    assert ports.remembered(file) == {"dias": 8401}
