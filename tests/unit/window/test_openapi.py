"""The description of the API: every route has an example of its answer, and of what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from window_host import StandIn

from dias_cbm.window.app import application

DESCRIBED = application(StandIn()).openapi()
ROUTES = [
    (method, path, told)
    for path, methods in DESCRIBED["paths"].items()
    for method, told in methods.items()
]


def good(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for code, reply in told["responses"].items():
        if code.startswith(("2", "3")):
            yield reply


@pytest.mark.parametrize(("method", "path", "told"), ROUTES)
def test_every_route_shows_its_answer(method: str, path: str, told: dict[str, Any]) -> None:
    (reply,) = good(told)
    content = reply.get("content", {})
    if not content:
        # Nothing, or the way to another address.
        assert method == "delete" or "Location" in reply["description"], path
    for media_type, shown in content.items():
        text = media_type.startswith(("application/json", "text/html"))
        assert "example" in shown or (not text and "schema" in shown), (path, media_type)
    assert told.get("description") or told.get("summary")


@pytest.mark.parametrize(
    ("path", "told"), [(path, told) for _, path, told in ROUTES if "requestBody" in told]
)
def test_every_body_has_an_example(path: str, told: dict[str, Any]) -> None:
    schema = told["requestBody"]["content"]["application/json"]["schema"]
    model = DESCRIBED["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert model["examples"], path
    assert all(set(one) <= set(model["properties"]) for one in model["examples"])
