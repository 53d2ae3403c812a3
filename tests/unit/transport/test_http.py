"""The transport: what is tried again, for how long, and what an error says."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.errors import BadQuery, RateLimited, Unauthorised, Unavailable
from dias_cbm.transport.formats import excerpt
from dias_cbm.transport.http import LONGEST_WAIT_S, Client, Timing, TokenBucket, bucket_of, public

NOW = datetime(2018, 5, 1, tzinfo=UTC)
GOOD = httpx.Response(200, json={"value": []})


@dataclass
class Fake:
    """A clock that moves only by sleeping."""

    time: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def timing(self, chance: float = 1.0) -> Timing:
        return Timing(self.sleep, lambda: self.time, lambda: NOW, lambda: chance)


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def client(fake: Fake) -> Callable[..., Client]:
    def make(
        *replies: httpx.Response | Exception, attempts: int = 4, chance: float = 1.0
    ) -> Client:
        left = list(replies)

        def handle(_: httpx.Request) -> httpx.Response:
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        bucket = TokenBucket(1000.0, clock=lambda: fake.time, sleep=fake.sleep)
        return Client(
            "cdse",
            attempts=attempts,
            bucket=bucket,
            timing=fake.timing(chance),
            transport=httpx.MockTransport(handle),
        )

    return make


URL = "https://catalogue.example/odata/v1/Products"


def test_a_good_reply_is_parsed_and_nothing_waits(
    client: Callable[..., Client], fake: Fake
) -> None:
    assert client(GOOD).get_json(URL) == {"value": []}
    assert fake.slept == []


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500, text="oops"),
        httpx.Response(503, json={"detail": "busy"}),
        httpx.Response(408),
        httpx.ConnectError("connection refused"),
        httpx.ReadTimeout("timed out"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx.Response(200, text='{"value": [', headers={"Content-Type": "application/json"}),
        httpx.Response(200, html="<html><body>Maintenance</body></html>"),
        httpx.Response(200, content=b'{"a": NaN}', headers={"Content-Type": "application/json"}),
        httpx.Response(200, content=b""),
    ],
    ids=lambda failure: str(failure)[:30],
)
def test_a_passing_failure_is_tried_again(
    client: Callable[..., Client], fake: Fake, failure: httpx.Response | Exception
) -> None:
    assert client(failure, GOOD).get_json(URL) == {"value": []}
    assert fake.slept == [1.0]


def test_waits_double_and_tries_are_bounded(client: Callable[..., Client], fake: Fake) -> None:
    with pytest.raises(Unavailable, match="HTTP 500: oops"):
        client(*[httpx.Response(500, text="oops")] * 4).get_json(URL)
    assert fake.slept == [1.0, 2.0, 4.0]


def test_jitter_takes_off_at_most_half(client: Callable[..., Client], fake: Fake) -> None:
    client(httpx.Response(500), httpx.Response(500), GOOD, chance=0.0).get_json(URL)
    assert fake.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    ("header", "waited"),
    [
        ("17", 17.0),
        ("Tue, 01 May 2018 00:02:00 GMT", 120.0),
        ("86400", LONGEST_WAIT_S),
        ("Tue, 01 May 2007 00:00:00 GMT", 8.0),
        ("0", 8.0),
        ("soon", 8.0),
        (None, 8.0),
    ],
)
def test_rate_limit_waits_as_asked(
    client: Callable[..., Client], fake: Fake, header: str | None, waited: float
) -> None:
    headers = {} if header is None else {"Retry-After": header}
    client(httpx.Response(429, headers=headers, json={"error": "WAF"}), GOOD).get_json(URL)
    assert fake.slept == [waited]


def test_an_unending_rate_limit_is_its_own_error(client: Callable[..., Client]) -> None:
    body = {"error": "WAF", "message": "Rate limit exceeded", "status": 429}
    with pytest.raises(RateLimited, match="Rate limit exceeded"):
        client(*[httpx.Response(429, json=body)] * 4).get_json(URL)


@pytest.mark.parametrize(
    ("code", "error"),
    [(400, BadQuery), (404, BadQuery), (414, BadQuery), (401, Unauthorised), (403, Unauthorised)],
)
def test_a_refusal_is_not_tried_again(
    client: Callable[..., Client], fake: Fake, code: int, error: type[Exception]
) -> None:
    body = {"detail": {"ErrorMessage": "Invalid field: Foo", "ErrorCode": "x"}}
    with pytest.raises(error, match=f"HTTP {code}: Invalid field: Foo"):
        client(httpx.Response(code, json=body)).get_json(URL)
    assert fake.slept == []


def test_a_validation_error_is_quoted(client: Callable[..., Client]) -> None:
    body = {"detail": [{"loc": ["query", "skip"], "msg": "ensure this value is less than 10000"}]}
    with pytest.raises(BadQuery, match="ensure this value is less than 10000"):
        client(httpx.Response(422, json=body)).get_json(URL)


def test_a_moved_service_is_named_and_not_followed(client: Callable[..., Client]) -> None:
    answer = httpx.Response(301, headers={"Location": "https://new.example/odata/v1?token=abc"})
    with pytest.raises(BadQuery, match=r"moved to https://new.example/odata/v1 ") as caught:
        client(answer).get_json(URL)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://x/y", "no url", "http://", ""])
def test_an_address_that_is_none_is_a_bad_query(client: Callable[..., Client], url: str) -> None:
    with pytest.raises(BadQuery):
        client(GOOD).get_json(url)


def test_neither_password_nor_query_is_logged(
    client: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = "https://user:secret@catalogue.example/x?token=hidden#part"
    with pytest.raises(Unavailable) as caught:
        client(*[httpx.Response(500)] * 2, attempts=2).get_json(url)
    written = caplog.text + str(caught.value)
    assert "https://catalogue.example/x" in written
    assert not any(word in written for word in ("secret", "hidden", "user:", "token"))


def test_a_reply_that_drips_too_slowly_is_given_up(fake: Fake) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(100):
            fake.time += 1.0
            yield b" "

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=drip())

    client = Client(
        "cdse",
        attempts=1,
        timeout_s=30,
        timing=fake.timing(),
        transport=httpx.MockTransport(handle),
    )
    with pytest.raises(Unavailable, match="no complete reply within 30 s"):
        client.get_json(URL)


def test_the_user_agent_says_who_asks() -> None:
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["User-Agent"])
        return GOOD

    Client("cdse", transport=httpx.MockTransport(handle)).get_json(URL)
    assert seen[0].startswith("cbm/")


def test_bucket_lets_a_burst_through_and_then_spaces_calls(fake: Fake) -> None:
    bucket = TokenBucket(2.0, clock=lambda: fake.time, sleep=fake.sleep)
    for _ in range(5):
        bucket.take()
    assert fake.slept == pytest.approx([0.5, 0.5, 0.5])


@given(rate=st.floats(0.1, 50), pauses=st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_bucket_never_exceeds_its_rate(rate: float, pauses: list[float]) -> None:
    fake = Fake()
    bucket = TokenBucket(rate, clock=lambda: fake.time, sleep=fake.sleep)
    taken = []
    for pause in pauses:
        fake.time += pause
        bucket.take()
        taken.append(fake.time)
    for index, first in enumerate(taken):
        for later in range(index, len(taken)):
            allowed = max(1.0, rate) + rate * (taken[later] - first)
            assert later - index + 1 <= allowed + 1 + 1e-6


def test_clients_of_one_platform_share_their_bucket() -> None:
    assert bucket_of("a", 3.0) is bucket_of("a", 3.0)
    assert bucket_of("a", 3.0) is not bucket_of("b", 3.0)


@given(st.binary(max_size=300))
def test_an_excerpt_is_short_and_printable(body: bytes) -> None:
    text = excerpt(body)
    assert 0 < len(text) <= 300
    assert text.isprintable()


def test_an_excerpt_of_a_page_is_its_text() -> None:
    page = b"<html><style>p{}</style><script>x()</script><p>Down for\nmaintenance</p></html>"
    assert excerpt(page) == "Down for maintenance"


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["detail", "message", "error"]), x),
        max_leaves=20,
    )
)
def test_any_error_body_has_an_excerpt(value: object) -> None:
    assert excerpt(json.dumps(value).encode())


@given(st.text(max_size=60))
def test_public_never_fails(url: str) -> None:
    assert "?" not in public(url).removeprefix("invalid")
