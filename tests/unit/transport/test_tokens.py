"""Tokens are kept, refreshed before they expire, and never written down."""

import html
import logging
from urllib.parse import parse_qs

import httpx
import pytest

from dias_cbm.config.platforms import Platform
from dias_cbm.errors import CatalogueError, SchemaChanged, Unauthorised
from dias_cbm.transport.echoes import without_secrets
from dias_cbm.transport.http import Client, Timing, TokenBucket
from dias_cbm.transport.tokens import Tokens

SERVICE = Platform(
    token_url="https://identity.example/token",
    client_id="cdse-public",
    username="farmer",
    password="barley",
)


class Identity:
    """A token service that counts; ``refuse`` lists the grants that it refuses."""

    def __init__(self, **reply: object) -> None:
        self.asked: list[dict[str, str]] = []
        self.refuse: set[str] = set()
        self.reply = {"expires_in": 600, "refresh_expires_in": 3600} | reply
        self.now = 0.0

    def handle(self, request: httpx.Request) -> httpx.Response:
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        self.asked.append(form)
        if form.get("grant_type") in self.refuse:
            return httpx.Response(400, json={"error": "invalid_grant"})
        number = len(self.asked)
        tokens = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}
        return httpx.Response(200, json=tokens | self.reply)

    def tokens(self, service: Platform = SERVICE) -> Tokens:
        client = Client(
            "cdse token",
            attempts=2,
            bucket=TokenBucket(1e9),
            timing=Timing(sleep=lambda _: None),
            transport=httpx.MockTransport(self.handle),
        )
        return Tokens("cdse", service, client=client, clock=lambda: self.now)


def test_one_login_serves_until_shortly_before_the_end() -> None:
    identity = Identity()
    tokens = identity.tokens()
    assert {tokens.header() for _ in range(5)} == {"Bearer access-1"}
    identity.now = 539
    assert tokens.header() == "Bearer access-1"
    assert identity.asked == [
        {
            "client_id": "cdse-public",
            "grant_type": "password",
            "username": "farmer",
            "password": "barley",
        }
    ]


def test_it_is_refreshed_a_minute_early_without_another_login() -> None:
    identity = Identity()
    tokens = identity.tokens()
    tokens.header()
    identity.now = 540
    assert tokens.header() == "Bearer access-2"
    assert identity.asked[1] == {
        "client_id": "cdse-public",
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
    }


def test_a_session_that_has_ended_is_opened_again() -> None:
    identity = Identity()
    tokens = identity.tokens()
    tokens.header()
    identity.now = 3600 - 60
    assert tokens.header() == "Bearer access-2"
    assert identity.asked[1]["grant_type"] == "password"
    identity.now += 600
    identity.refuse = {"refresh_token"}
    assert tokens.header() == "Bearer access-4"


def test_a_short_life_is_used_for_the_most_of_it() -> None:
    identity = Identity(expires_in=10)
    tokens = identity.tokens()
    tokens.header()
    identity.now = 7.9
    assert tokens.header() == "Bearer access-1"
    identity.now = 8
    assert tokens.header() == "Bearer access-2"


def test_wekeo_takes_json() -> None:
    bodies: list[bytes] = []

    def handle(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json={"access_token": "abc", "expires_in": 3600})

    client = Client("wekeo", bucket=TokenBucket(1e9), transport=httpx.MockTransport(handle))
    service = Platform(token_url="https://w.example/gettoken", username="u", password="p")
    assert Tokens("wekeo", service, client=client).header() == "Bearer abc"
    assert bodies == [b'{"username":"u","password":"p"}']


@pytest.mark.parametrize("reply", [[], {}, {"access_token": None}, {"access_token": "a\nb"}])
def test_a_reply_without_a_token_has_changed(reply: object) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=reply))
    client = Client("cdse", bucket=TokenBucket(1e9), transport=transport)
    with pytest.raises(SchemaChanged, match="access_token"):
        Tokens("cdse", SERVICE, client=client).header()


def test_no_secret_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": "no"}))
    client = Client("cdse", bucket=TokenBucket(1e9), transport=transport)
    with pytest.raises(Unauthorised) as caught:
        Tokens("cdse", SERVICE, client=client).header()
    Identity().tokens().header()
    told = caplog.text + str(caught.value) + repr(SERVICE)
    assert "barley" not in told
    assert "access-1" not in told


@pytest.mark.parametrize("client_id", ["cbm", ""])
@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_a_service_that_repeats_the_request_tells_no_secret(
    client_id: str, kind: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    password = 'bar ley"<&/%7'

    def echo(request: httpx.Request) -> httpx.Response:
        body = request.content + f" or {password} of {html.escape(password)}".encode()
        return httpx.Response(status, headers={"Content-Type": kind}, content=body)

    transport = httpx.MockTransport(echo)
    client = Client("cdse", bucket=TokenBucket(1e9), transport=transport, attempts=1)
    service = Platform(
        token_url="https://id.example/token", client_id=client_id, username="u", password=password
    )
    with pytest.raises(CatalogueError) as caught:
        Tokens("cdse", service, client=client).header()
    told = caplog.text + str(caught.value)
    assert "ley" not in told
    assert "***" in told or status == 200


_WRITTEN = {
    "plain": "bär \"l'ey<&/7",
    "Latin-1": b"b\xe4r \"l'ey<&/7",
    "JSON": r"""b\u00E4r \"l'ey\u003c\u0026\/7""",
    "JSON in UTF-8": r"""bär \"l'ey<&/7""",
    "HTML": "b&#228;r &quot;l&#39;ey&lt;&amp;/7",
    "text in HTML": "b&auml;r \"l'ey&lt;&amp;/7",
    "XML": "b&#xE4;r &#34;l&apos;ey&lt;&#x26;/7",
    "URL": "b%c3%a4r%20%22l%27ey%3C%26%2f7",
    "form": "b%C3%A4r+%22l%27ey%3C%26%2F7",
}


@pytest.mark.parametrize("written", _WRITTEN.values(), ids=_WRITTEN)
def test_secrets_are_taken_out_however_they_are_written(written: str | bytes) -> None:
    request = httpx.Request("POST", "https://id.example/", data={"password": _WRITTEN["plain"]})
    echo = written if isinstance(written, bytes) else written.encode()
    assert without_secrets(b"refused: " + echo + b" of u", request) == b"refused: *** of u"


def test_a_token_that_comes_back_is_not_told() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, text=f"refused {request.headers['Authorization']} {request.url}")

    client = Client(
        "cdse", transport=httpx.MockTransport(echo), authorisation=lambda: "Bearer barley"
    )
    with pytest.raises(Unauthorised) as caught:
        client.get_json("https://user:rye@c.example/x?token=oats&day=1")
    for secret in ("barley", "rye", "oats"):
        assert secret not in str(caught.value)


def test_every_request_carries_the_token_of_the_moment() -> None:
    seen: list[str | None] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization"))
        return httpx.Response(200, json={})

    given = iter(["Bearer one", "Bearer two"])
    client = Client(
        "p",
        bucket=TokenBucket(1e9),
        transport=httpx.MockTransport(handle),
        authorisation=lambda: next(given),
    )
    client.get_json("https://p.example/")
    client.post_json("https://p.example/", {})
    assert seen == ["Bearer one", "Bearer two"]
