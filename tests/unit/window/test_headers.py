"""Headers of every reply, and what another site cannot make a browser do."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers
from window_host import READER, StandIn

from dias_cbm.window.app import application
from dias_cbm.window.headers import MOST_BODY, refusal

KIND = {"content-type": "application/json"}
JSON = KIND | {"host": "cbm.example"}
HERE = JSON | {"sec-fetch-site": "same-origin"}


@pytest.mark.parametrize(
    ("method", "headers", "code"),
    [
        ("POST", JSON, None),
        ("POST", JSON | {"content-type": "Application/JSON; charset=utf-8"}, None),
        ("POST", JSON | {"origin": "https://cbm.example"}, None),
        ("POST", HERE, None),
        # Behind a proxy that changes the name of the host.
        (
            "POST",
            HERE | {"origin": "https://agency.example"},
            None,
        ),
        ("GET", {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, None),
        ("DELETE", {"host": "cbm.example"}, None),
        ("POST", JSON | {"origin": "https://evil.example"}, 403),
        ("POST", JSON | {"origin": "null"}, 403),
        ("POST", JSON | {"origin": "http://["}, 403),
        ("POST", JSON | {"content-length": "\xb2"}, 413),
        ("POST", JSON | {"origin": "https://cbm.example.evil.example"}, 403),
        ("POST", JSON | {"origin": "https://cbm.example:8443"}, 403),
        ("POST", JSON | {"sec-fetch-site": "none", "origin": "https://evil.example"}, 403),
        ("POST", JSON | {"sec-fetch-site": "cross-site"}, 403),
        ("POST", JSON | {"sec-fetch-site": "same-site"}, 403),
        ("DELETE", {"sec-fetch-site": "cross-site"}, 403),
        ("DELETE", {"origin": "https://evil.example", "host": "cbm.example"}, 403),
        ("POST", {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("POST", {"content-type": "text/plain"}, 415),
        ("POST", {"content-type": "multipart/form-data; boundary=application/json"}, 415),
        ("POST", {}, 415),
        ("PUT", {"content-type": "text/plain"}, 415),
        ("POST", JSON | {"content-length": str(MOST_BODY + 1)}, 413),
        ("POST", JSON | {"content-length": "-1"}, 413),
    ],
)
def test_a_request_that_changes_something(
    method: str, headers: dict[str, str], code: int | None
) -> None:
    found = refusal(method, Headers(headers))
    assert (found and found[0]) == code


@pytest.fixture
def client() -> TestClient:
    return TestClient(application(StandIn(None, READER)), raise_server_exceptions=False)


@pytest.mark.parametrize(
    "path", ["/", "/help", "/nowhere", "/api/v1/seasons", "/static/x.js", "/api/v1/openapi.json"]
)
def test_every_reply_has_them(client: TestClient, path: str) -> None:
    reply = client.get(path)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy and "blob:" not in policy and "*" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert {"Cookie", "Authorization"} <= set(reply.headers["vary"].split(", "))
    assert reply.headers["cache-control"] in ("no-store", "private, no-cache")


def test_a_refused_request_has_them_too(client: TestClient) -> None:
    reply = client.post("/api/v1/keys", content="label=x")
    assert reply.status_code == 415
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_a_body_without_a_length_is_cut_off(client: TestClient) -> None:
    chunks = (b"[" * 100_000 for _ in range(20))
    reply = client.post(
        "/api/v1/keys", content=chunks, headers={"content-type": "application/json"}
    )
    assert reply.status_code == 413


def test_an_error_that_nobody_expected_has_them_too() -> None:
    app = application(StandIn(None, READER))

    async def fails() -> None:
        raise RuntimeError("hush")

    app.get("/fails")(fails)
    reply = TestClient(app).get("/fails")
    assert (reply.status_code, "hush" in reply.text) == (500, False)
    assert "default-src 'none'" in reply.headers["content-security-policy"]
