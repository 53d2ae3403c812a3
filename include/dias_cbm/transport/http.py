"""The HTTP client for all platforms: retries, rate limit, typed errors, no secret in a log."""

from __future__ import annotations

import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import httpx
from lxml import etree

from dias_cbm import __version__
from dias_cbm.config.settings import settings
from dias_cbm.errors import BadQuery, RateLimited, Unauthorised, Unavailable
from dias_cbm.transport import deadline
from dias_cbm.transport.decoding import ACCEPTED, decoded
from dias_cbm.transport.echoes import without_secrets
from dias_cbm.transport.formats import JSON, TEXT, XML, Format, excerpt
from dias_cbm.transport.retry import Retry, TryAgain

#: The first wait after "too many requests": longer than after any other failure.
FIRST_WAIT_LIMITED_S = 8.0
LONGEST_WAIT_S = 300.0
#: A full page of a catalogue has up to 25 MB; parsed, a reply takes up to twenty times its size.
LARGEST_REPLY_BYTES = 64 * 1024**2
#: A download may be this large, and may be no slower, averaged over a minute.
LARGEST_DOWNLOAD_BYTES = 64 * 1024**3
SLOWEST_BYTES_S = 1024
_RATE_WINDOW_S = 60.0
_RETRIED = frozenset({408, 425, 429})


class Limiter(Protocol):
    """A rate limit on calls to a platform."""

    def take(self) -> None:
        """Wait until the next call may be made."""

    def close(self) -> None:
        """Release its resources."""


class TokenBucket:
    """Spaces calls to at most ``rate`` a second, with bursts of at most one second's worth.

    :param rate: calls a second.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.rate = rate
        self._clock, self._sleep = clock, sleep
        self._capacity = max(1.0, rate)
        self._tokens = self._capacity
        self._filled_at = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take one token; wait until one is available."""
        with self._lock:
            now = self._clock()
            self._tokens += (now - self._filled_at) * self.rate
            self._tokens = min(self._tokens, self._capacity) - 1.0
            self._filled_at = now
            # A negative balance is a place in the queue: later callers wait longer.
            debt = -self._tokens / self.rate
        if debt > 0:
            self._sleep(debt)

    def close(self) -> None:
        """Nothing to release: it lives as long as the process."""


_buckets: dict[str, TokenBucket] = {}
_buckets_lock = threading.Lock()


def bucket_of(platform: str, rate: float) -> TokenBucket:
    """The bucket that all clients of a platform share within this process."""
    with _buckets_lock:
        bucket = _buckets.get(platform)
        if bucket is None or bucket.rate != rate:
            bucket = _buckets[platform] = TokenBucket(rate)
        return bucket


@dataclass(frozen=True, slots=True)
class Timing:
    """Everything that depends on time or chance, so that a test can replace it."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = random.random


class Client:
    """An HTTP client for one platform.

    :param platform: its name, for the shared rate limit and the messages.
    :param timeout_s: for one whole reply, its body included; else the setting ``http.timeout_s``.
    :param attempts: tries before giving up; else the setting ``http.attempts``.
    :param bucket: rate limit; else the platform's own, at ``http.requests_per_s``.
    :param authorisation: returns the ``Authorization`` header; called for every request, so that a
        token can be refreshed.
    """

    def __init__(
        self,
        platform: str,
        *,
        timeout_s: float | None = None,
        attempts: int | None = None,
        bucket: Limiter | None = None,
        timing: Timing | None = None,
        transport: httpx.BaseTransport | None = None,
        authorisation: Callable[[], str] | None = None,
    ) -> None:
        configured = settings().http
        self.platform = platform
        self.timeout_s = configured.timeout_s if timeout_s is None else timeout_s
        self._bucket = bucket or bucket_of(platform, configured.requests_per_s)
        self._timing = timing or Timing()
        self._retry = Retry(
            configured.attempts if attempts is None else attempts,
            longest_s=LONGEST_WAIT_S,
            sleep=self._timing.sleep,
            chance=self._timing.chance,
        )
        self._authorisation = authorisation
        # httpx logs every URL with its query at level INFO; a query may carry a token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._http = httpx.Client(
            timeout=self.timeout_s,
            headers={
                "User-Agent": f"cbm/{__version__}",
                "Accept": "application/json, */*;q=0.1",
                "Accept-Encoding": ACCEPTED,
            },
            transport=transport,
        )
        deadline.apply(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        self._bucket.close()

    def get_json(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """GET a URL and parse its body.

        :param params: query parameters, not yet encoded.
        :returns: the parsed JSON; the caller checks its shape.
        :raises RateLimited: 429 until the last try.
        :raises Unavailable: server errors, lost connections or unreadable bodies until the last.
        :raises Unauthorised: 401 or 403.
        :raises BadQuery: any other refusal; the platform's own message is quoted.
        """
        return self._ask("GET", url, JSON, params=params)

    def get_xml(self, url: str, params: Mapping[str, str] | None = None) -> etree._Element:
        """GET a URL and parse its body as XML; entities and external documents are not resolved.

        :raises CatalogueError: as :meth:`get_json`.
        """
        return self._ask("GET", url, XML, params=params)

    def get_text(self, url: str) -> str:
        """GET plain text, not a web page, such as a CSV list.

        :raises CatalogueError: as :meth:`get_json`.
        """
        return str(self._ask("GET", url, TEXT))

    def post_json(self, url: str, body: Any) -> Any:
        """POST a JSON body and parse the reply; for searches, which may be repeated.

        :raises CatalogueError: as :meth:`get_json`.
        """
        return self._ask("POST", url, JSON, json=body)

    def post_form(self, url: str, form: Mapping[str, str]) -> Any:
        """POST form fields and parse the JSON reply; for tokens.

        :raises CatalogueError: as :meth:`get_json`.
        """
        return self._ask("POST", url, JSON, data=form)

    def download(self, url: str, file: Path) -> None:
        """GET a URL into a file; remains of a failed try are overwritten.

        :raises BadQuery: it is too large, or the platform refuses it.
        :raises CatalogueError: as :meth:`get_json`; a download that nearly stands still is tried
            again.
        :raises OSError: the file cannot be written.
        """
        self._retried(url, lambda: self._save(url, file))

    def _save(self, url: str, file: Path) -> None:
        with self._streamed("GET", url, {}) as response:
            if response.is_success:
                with deadline.within(None), file.open("wb") as whole:
                    self._copy(response, whole, url)
                return
            body = self._read(response)
        self._raise_for_status(response, body, url)

    def _copy(self, response: httpx.Response, file: BinaryIO, url: str) -> None:
        announced = response.headers.get("Content-Length", "")
        size = int(announced) if announced.isdecimal() else 0
        counted, since = 0, self._timing.clock()
        total = 0
        # One byte more than allowed is enough to know.
        for chunk in decoded(response, 2 * LARGEST_DOWNLOAD_BYTES):
            total += len(chunk)
            if max(size, total) > LARGEST_DOWNLOAD_BYTES:
                raise BadQuery(
                    f"the download is larger than {LARGEST_DOWNLOAD_BYTES >> 30} GB",
                    subject=self._subject(url),
                )
            file.write(chunk)
            counted += len(chunk)
            past = self._timing.clock() - since
            if past >= _RATE_WINDOW_S:
                if counted < SLOWEST_BYTES_S * past:
                    raise httpx.ReadTimeout(f"sends only {counted / past:.0f} bytes a second")
                counted, since = 0, self._timing.clock()

    def _headers(self) -> dict[str, str] | None:
        return {"Authorization": self._authorisation()} if self._authorisation else None

    def _ask(self, method: str, url: str, wanted: Format, **content: Any) -> Any:
        return self._retried(
            url, lambda: self._parse(*self._try(method, url, content), url, wanted)
        )

    def _retried(self, url: str, once: Callable[[], Any]) -> Any:
        """The result of a request with retries; each try keeps to the rate limit."""
        self._check(url)

        def limited() -> Any:
            self._bucket.take()
            return once()

        return self._retry.call(limited)

    def _check(self, url: str) -> None:
        try:
            parsed = httpx.URL(url)
            usable = parsed.scheme in ("http", "https") and bool(parsed.host)
        except httpx.InvalidURL:
            usable = False
        if not usable:
            raise BadQuery(
                "not an http or https address", subject=self._subject(url), hint="check its URL"
            )

    def _try(
        self, method: str, url: str, content: Mapping[str, Any]
    ) -> tuple[httpx.Response, bytes]:
        # httpx would replace the URL's own query by an empty mapping.
        filled = {key: value for key, value in content.items() if value or key == "json"}
        with self._streamed(method, url, filled) as response:
            body = self._read(response)
        self._raise_for_status(response, body, url)
        return response, body

    @contextmanager
    def _streamed(
        self, method: str, url: str, content: Mapping[str, Any]
    ) -> Iterator[httpx.Response]:
        """A reply that has begun; a connection lost while reading it is retried."""
        headers = self._headers()
        try:
            with (
                deadline.within(self.timeout_s),
                self._http.stream(method, url, headers=headers, **content) as response,
            ):
                yield response
        except (httpx.TransportError, httpx.DecodingError, UnicodeError) as error:
            reason = str(error) or type(error).__name__
            raise TryAgain(self._unavailable(url, reason)) from error

    def _read(self, response: httpx.Response) -> bytes:
        """The body; httpx limits each read, this limits the whole reply in time and size."""
        latest = self._timing.clock() + self.timeout_s
        body = bytearray()
        for chunk in decoded(response, LARGEST_REPLY_BYTES):
            body += chunk
            if self._timing.clock() > latest:
                raise httpx.ReadTimeout(f"no complete reply within {self.timeout_s:.0f} s")
        return bytes(body)

    def _raise_for_status(self, response: httpx.Response, body: bytes, url: str) -> None:
        code = response.status_code
        if 200 <= code < 300:
            return
        message = f"HTTP {code}: {_quoted(response, body)}"
        if code == 429:
            error = RateLimited(
                message, subject=self._subject(url), hint="lower http.requests_per_s"
            )
            raise TryAgain(error, self._retry_after(response), FIRST_WAIT_LIMITED_S)
        if code >= 500 or code in _RETRIED:
            raise TryAgain(self._unavailable(url, message), self._retry_after(response))
        if code in (401, 403):
            raise Unauthorised(message, subject=self._subject(url))
        if code < 400:
            target = public(response.headers.get("Location", "elsewhere"))
            raise BadQuery(
                f"HTTP {code}: moved to {target}", subject=self._subject(url), hint="set its URL"
            )
        raise BadQuery(message, subject=self._subject(url))

    def _retry_after(self, response: httpx.Response) -> float | None:
        """Seconds to wait by the header ``Retry-After``, a number or a date; None without it."""
        text = response.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"\d{1,9}", text):
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._timing.now()).total_seconds())

    def _parse(self, response: httpx.Response, body: bytes, url: str, wanted: Format) -> Any:
        kind = response.headers.get("Content-Type", "")
        if kind and not wanted.fits(kind.lower()):
            # A maintenance or firewall page, sent with 200.
            raise TryAgain(
                self._unavailable(
                    url, f"sent {kind} instead of {wanted.name}: {_quoted(response, body)}"
                )
            )
        try:
            return wanted.parse(body)
        except (ValueError, RecursionError, etree.XMLSyntaxError) as error:
            raise TryAgain(self._unavailable(url, f"body is not {wanted.name}: {error}")) from error

    def _unavailable(self, url: str, reason: str) -> Unavailable:
        return Unavailable(reason, subject=self._subject(url))

    def _subject(self, url: str) -> str:
        return f"{self.platform} {public(url)}"


def _quoted(response: httpx.Response, body: bytes) -> str:
    return excerpt(without_secrets(body, response.request))


def public(url: str) -> str:
    """A URL without user, password, query and fragment, safe to log."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "invalid URL"
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.scheme}://{parsed.host}{port}{parsed.path}" if parsed.host else parsed.path
