"""Listings and refusals of stores that do what Amazon's does not: no page is taken for the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dias_cbm.errors import ObjectMissing, StoreDenied, StoreError

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

Open = Callable[..., Any]
#: Status, headers and body, from method, path and query.
Answer = Callable[[str, str, dict[str, str]], tuple[int, dict[str, str], str]]
Serve = Callable[[Answer], Any]

KEYS = [f"A/P/{number:04}" for number in range(1500)]
FIRST = 1000


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, headers, body = answer(self.command, parts.path, query)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def store(opened: Open) -> Iterator[Serve]:
    with ExitStack() as stack:

        def serve(answer: Answer, options: str = "") -> Any:
            url = stack.enter_context(serving(answer))
            return opened("s3", address=f"s3://eodata?endpoint={url}&path_style=true{options}")

        yield serve


def page(keys: list[str], *, more: bool = False, token: str | None = None) -> str:
    objects = "".join(
        f"<Contents><Key>{key}</Key><Size>1</Size>"
        "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
        for key in keys
    )
    following = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return (
        f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{following}{objects}"
        "</ListBucketResult>"
    )


@dataclass
class Bucket:
    """Lists ``KEYS`` in pages; an empty one lies before each, and the first has this many keys."""

    empty: int = 1
    tokens: bool = True
    requests: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, _: str, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], str]:
        if "prefix" not in query:
            return 404, {}, ""
        self.requests.append(query)
        keys = [key for key in KEYS if key.startswith(query["prefix"])]
        at = int(query.get("continuation-token", "0"))
        if not self.tokens:
            keys = [key for key in keys if key > query.get("start-after", "")]
            return 200, {}, page(keys[:FIRST], more=len(keys) > FIRST)
        place, blank = divmod(at, self.empty + 1)
        if blank < self.empty:
            return 200, {}, page([], more=bool(keys), token=str(at + 1))
        size = min(FIRST, int(query["max-keys"]))
        shown = keys[place * size : (place + 1) * size]
        more = (place + 1) * size < len(keys)
        return 200, {}, page(shown, more=more, token=str(at + 1) if more else None)


def test_empty_pages_are_not_the_end(store: Serve) -> None:
    bucket = Bucket()
    opened = store(bucket)
    assert opened.list("/eodata/A/P") == [f"/eodata/{key}" for key in KEYS]
    assert len(bucket.requests) == 4
    assert opened.exists("/eodata/A/P")
    assert opened.size("/eodata/A/P") == 1500


def test_empty_pages_before_an_object_alone(store: Serve) -> None:
    opened = store(Bucket(empty=3))
    assert opened.list(f"/eodata/{KEYS[7]}") == [f"/eodata/{KEYS[7]}"]


def test_a_server_without_tokens(store: Serve) -> None:
    assert len(store(Bucket(tokens=False)).list("/eodata/A/P")) == 1500


def test_what_is_missing_after_empty_pages(store: Serve) -> None:
    with pytest.raises(ObjectMissing):
        store(Bucket()).list("/eodata/B")


LEADING_NOWHERE = {
    "the same page again, whatever is asked": (page(KEYS[:3], more=True), "same objects again"),
    "the same token again": (page(KEYS[:3], more=True, token="x"), "same objects again"),
    "an empty page with the same token": (page([], more=True, token="x"), "does not lead on"),
    "an empty page without token": (page([], more=True), "does not lead on"),
    "what was not asked for": (page(["B/Q/1"]), "lists /eodata/B/Q/1 under it"),
}


@pytest.mark.parametrize("name", LEADING_NOWHERE)
def test_a_listing_that_does_not_lead_on(store: Serve, name: str) -> None:
    body, sentence = LEADING_NOWHERE[name]
    opened = store(lambda *_: (200, {}, body))
    with pytest.raises(StoreError, match=sentence):
        opened.list("/eodata/A/P")


def test_empty_pages_without_end(store: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dias_cbm.storage.object_requests._EMPTY_PAGES", 20)
    opened = store(Bucket(empty=50))
    for ask in (opened.list, opened.exists):
        with pytest.raises(StoreError, match="A/P/: the store's listing does not lead on"):
            ask("/eodata/A/P")


def error(code: str, message: str, **more: str) -> str:
    parts = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return f"<Error><Code>{code}</Code><Message>{message}</Message>{parts}</Error>"


ELSEWHERE = "The bucket must be addressed using the specified endpoint."
WRONG_REGION = "The authorization header is malformed; expecting 'eu-central-1'"
REFUSALS = {
    "moved, without a word": (301, {}, "", "the store answers 301"),
    "moved, with a reason": (301, {}, error("PermanentRedirect", ELSEWHERE), ELSEWHERE),
    "moved to a region": (
        301,
        {"x-amz-bucket-region": "eu-central-1"},
        error("PermanentRedirect", ELSEWHERE),
        r"\(set region=eu-central-1",
    ),
    "moved to another host": (307, {"Location": "http://127.0.0.1:1/"}, "", "answers 307"),
    "signed for another region": (
        400,
        {},
        error("AuthorizationHeaderMalformed", WRONG_REGION),
        r"expecting 'eu-central-1' \(set region=",
    ),
    "a bad request, without a word": (400, {}, "", "the store answers 400"),
    "refused": (403, {}, error("AccessDenied", "Not in your quota"), "Not in your quota"),
    "not XML": (200, {}, "<html>", "the store fails"),
    "XML of something else": (200, {}, "<html><a>1</a></html>", "broke off the listing"),
    "a size that is none": (
        200,
        {},
        page(KEYS[:1]).replace("<Size>1", "<Size>many"),
        "the store does not answer as S3 does",
    ),
    "an object without size": (
        200,
        {},
        page(KEYS[:1]).replace("<Size>1</Size>", ""),
        "the store does not answer as S3 does",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_a_store_answers_is_an_error_with_its_sentence(store: Serve, name: str) -> None:
    status, headers, body, sentence = REFUSALS[name]
    opened = store(lambda *_: (status, headers, body))
    with pytest.raises(StoreError, match=sentence):
        opened.list("/eodata/A/P")
    if status != 200:
        for ask in (opened.exists, opened.head):
            with pytest.raises(StoreError) as caught:
                ask("/eodata/A/P")
            assert not isinstance(caught.value, ObjectMissing)


def swift_account(urls: list[str], cap: int, *, repeats: bool) -> Answer:
    """A Swift that lists no more than ``cap`` objects at a time, whatever the limit asked for."""

    def answer(_: str, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], str]:
        if path == "/auth/v1.0":
            return 200, {"X-Storage-Url": f"{urls[0]}/v1/a", "X-Auth-Token": "t"}, ""
        after = "" if repeats else query.get("marker", "")
        keys = [key for key in KEYS[:50] if key.startswith(query["prefix"]) and key > after]
        items = [{"name": key, "bytes": 1, "hash": "0" * 32} for key in keys[:cap]]
        return 200, {"Content-Type": "application/json"}, json.dumps(items)

    return answer


def test_swifts_own_sentence_is_kept(opened: Open) -> None:
    def answer(_: str, path: str, __: dict[str, str]) -> tuple[int, dict[str, str], str]:
        if path == "/auth/v1.0":
            return 200, {"X-Storage-Url": f"{urls[0]}/v1/a", "X-Auth-Token": "t"}, ""
        return 403, {}, "<html><h1>Forbidden</h1><p>Your quota is used up.</p></html>"

    urls: list[str] = []
    with serving(answer) as url:
        urls.append(url)
        store = opened("swift", address=f"swift://eodata?auth={url}/auth/v1.0")
        with pytest.raises(StoreDenied, match=r"refuses: 403 .*: Forbidden Your quota is used up"):
            store.list("/eodata/A/P")


@pytest.mark.parametrize("repeats", [False, True])
def test_a_swift_that_lists_fewer_than_were_asked_for(opened: Open, repeats: bool) -> None:
    urls: list[str] = []
    with serving(swift_account(urls, 20, repeats=repeats)) as url:
        urls.append(url)
        store = opened("swift", address=f"swift://eodata?auth={url}/auth/v1.0")
        if repeats:
            with pytest.raises(StoreError, match="lists the same objects again"):
                store.list("/eodata/A/P")
        else:
            assert len(store.list("/eodata/A/P")) == 50
