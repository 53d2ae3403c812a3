"""The lab of ``make swarm``: what it lays over the stack, and how it reads what engines say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.deployment import soak, stack

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def laid_over() -> dict[str, Any]:
    return yaml.safe_load((ROOT / stack.LAID_OVER).read_text())


def test_it_lays_no_more_over_the_stack_than_it_says(laid_over: dict[str, Any]) -> None:
    deployed = yaml.safe_load((ROOT / "docker-stack.yaml").read_text())
    assert set(laid_over["services"]) <= set(deployed["services"])
    for name, service in laid_over["services"].items():
        assert service.pop("deploy", {"endpoint_mode": "dnsrr"}) == {"endpoint_mode": "dnsrr"}
        ports = service.pop("ports", [])
        assert [port["published"] for port in ports] == ([5432] if name == "postgis" else [])
        assert [one["source"] for one in service.pop("configs", [])] in ([], ["soak"])
        assert service == {}
    assert laid_over["networks"] == {"cbm": {"driver": "overlay"}}
    assert (ROOT / laid_over["configs"]["soak"]["file"]).is_file()


def test_every_service_does_without_a_virtual_address(laid_over: dict[str, Any]) -> None:
    deployed = yaml.safe_load((ROOT / "docker-stack.yaml").read_text())
    for name, service in deployed["services"].items():
        mode = service.get("deploy", {}).get("endpoint_mode")
        mode = laid_over["services"].get(name, {}).get("deploy", {}).get("endpoint_mode", mode)
        assert mode == "dnsrr", name


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({"worker": "2/2", "init": "Complete"}, True),
        ({"worker": "1/2", "init": "Complete"}, False),
        ({"worker": "2/2", "init": "Running"}, False),
    ],
)
def test_the_stack_is_as_wanted_once_all_run_and_the_first_has_ended(
    found: dict[str, str], wanted: bool
) -> None:
    assert stack.as_wanted(found) is wanted


def test_cpu_of_both_kinds_of_control_groups() -> None:
    assert soak._seconds("2500000000\n") == 2.5
    assert soak._seconds("usage_usec 2500000\nuser_usec 1\n") == 2.5
