"""OpenStack Swift stores, e.g. ONDA's ENS: authentication version 1, or Keystone version 3."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import unquote

import rasterio
import requests
from keystoneauth1 import exceptions as keystone
from keystoneauth1 import session as keystone_session
from keystoneauth1.identity import v3
from requests.exceptions import RequestException
from swiftclient import client as swift
from swiftclient.exceptions import ClientException
from urllib3.exceptions import HTTPError

from dias_cbm.config.settings import settings
from dias_cbm.errors import ObjectMissing, StoreDenied, StoreDown, StoreError, Throttled
from dias_cbm.storage.base import Credentials, Head, Piece
from dias_cbm.storage.object_requests import Position
from dias_cbm.storage.objects import ObjectStore
from dias_cbm.storage.s3 import gdal_options
from dias_cbm.transport.bounded import PORTION_BYTES, bound, portions, within_reply
from dias_cbm.transport.retry import TryAgain

_TAG = re.compile(r"<[^>]*>")
_LONGEST_SENTENCE = 300
_FOLDER = "application/directory"


class Access(NamedTuple):
    """The address and token that every request needs.

    :param url: of the account.
    """

    url: str
    token: str


class SwiftStore(ObjectStore):
    """Products in a container."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._lock = threading.Lock()
        self._access: Access | None = None
        self._worked: Access | None = None

    def path(self, location: str) -> str:
        """``/vsiswift/CONTAINER/KEY``."""
        return f"/vsiswift/{self.address.bucket}/{self._key(location)}"

    def _gdal(self) -> rasterio.Env:
        # The token may have expired unnoticed; an empty listing checks it.
        self._retry.call(self._timed(lambda: self._page("\x7f", {}, 1)))
        access = self._authenticated()
        return rasterio.Env(
            SWIFT_STORAGE_URL=access.url,
            SWIFT_AUTH_TOKEN=access.token,
            **gdal_options(f"/vsiswift/{self.address.bucket}"),
        )

    def _page(
        self, prefix: str, position: Position, limit: int
    ) -> tuple[list[Head], Position | None]:
        container = self.address.bucket
        try:
            with self._asking(container) as (access, http):
                _, items = swift.get_container(
                    access.url,
                    access.token,
                    container,
                    prefix=prefix,
                    marker=position.get("marker"),
                    limit=limit,
                    http_conn=http,
                )
        except ObjectMissing as error:
            raise StoreError(
                "there is no such container", subject=container, hint="check the setting store"
            ) from error
        heads = [self._listed(item) for item in items]
        # A server may list fewer than were asked for; only an empty page is the end.
        return heads, {"marker": items[-1]["name"]} if items else None

    def _listed(self, item: dict[str, Any]) -> Head:
        folder = item.get("content_type") == _FOLDER and not item["bytes"]
        location = self._location(item["name"]) + ("/" * (folder and item["name"][-1] != "/"))
        # The hash of an object in segments is not that of its bytes.
        plain = "slo_etag" not in item and item["bytes"] > 0
        pieces = (Piece(item["bytes"], item["hash"]),) if plain else ()
        return Head(location, item["bytes"], item["hash"] if plain else None, pieces)

    def _look(self, key: str) -> Head:
        with self._asking(key) as (access, http):
            arguments = (access.url, access.token, self.address.bucket, key)
            headers = swift.head_object(*arguments, http_conn=http)
            size, etag = int(headers["content-length"]), headers.get("etag", "").strip('"')
            if "x-object-manifest" in headers:
                pieces = self._dynamic(access, http, unquote(headers["x-object-manifest"]))
            elif headers.get("x-static-large-object", "").lower() == "true":
                pieces = self._static(arguments, http)
            else:
                pieces = (Piece(size, etag or None),)
        # A manifest that has changed since does not describe these bytes.
        if sum(piece.size for piece in pieces) != size:
            pieces = (Piece(size, None),)
        return Head(self._location(key), size, etag or None, pieces)

    def _dynamic(self, access: Access, http: Any, manifest: str) -> tuple[Piece, ...]:
        container, _, prefix = manifest.partition("/")
        segments: dict[str, Piece] = {}
        marker = None
        while True:
            _, items = swift.get_container(
                access.url, access.token, container, prefix=prefix, marker=marker, http_conn=http
            )
            if not items:
                return tuple(segments.values())
            if any(item["name"] in segments for item in items):
                raise StoreError("the store lists the same segments again", subject=manifest)
            segments |= {item["name"]: Piece(item["bytes"], item["hash"]) for item in items}
            marker = items[-1]["name"]

    def _static(self, arguments: tuple[str, ...], http: Any) -> tuple[Piece, ...]:
        _, body = swift.get_object(
            *arguments, query_string="multipart-manifest=get", http_conn=http
        )
        segments = swift.parse_api_response({"content-type": "application/json"}, body)
        # A segment may be a range of an object, or a manifest itself: its hash is of other bytes.
        return tuple(
            Piece(
                _segment_size(item),
                None if item.get("range") or item.get("sub_slo") else item["hash"],
            )
            for item in segments
        )

    def _stream(self, key: str, head: Head, start: int, end: int) -> Iterator[bytes]:
        wanted = {"Range": f"bytes={start}-{end - 1}"}
        if head.etag:
            wanted["If-Match"] = head.etag
        with within_reply(settings().http.timeout_s), _translated(key):
            self._authenticated()
        with self._asking(key) as (access, http):
            with within_reply(settings().http.timeout_s):
                headers, body = swift.get_object(
                    access.url,
                    access.token,
                    self.address.bucket,
                    key,
                    resp_chunk_size=PORTION_BYTES,
                    headers=wanted,
                    http_conn=http,
                )
            if int(headers.get("content-length", -1)) != end - start:
                raise StoreError("the store sent other bytes than requested", subject=key)
            yield from portions(iter(body), end - start)

    def _send(self, key: str, content: BinaryIO, size: int, md5: str) -> str | None:
        with self._asking(key) as (access, http):
            # The server compares the checksum before it keeps anything.
            return str(
                swift.put_object(
                    access.url,
                    access.token,
                    self.address.bucket,
                    key,
                    contents=content,
                    content_length=size,
                    etag=md5,
                    http_conn=http,
                )
            )

    def _erase(self, key: str) -> None:
        with self._asking(key) as (access, http):
            swift.delete_object(access.url, access.token, self.address.bucket, key, http_conn=http)

    @contextmanager
    def _asking(self, key: str) -> Iterator[tuple[Access, Any]]:
        """Provide access and a connection for one try; failures become errors of this library."""
        with _translated(key):
            access = self._authenticated()
        http = _connection(access.url)
        try:
            with _translated(key):
                yield access, http
            self._worked = access
        except _TokenRefused as error:
            # A token may have expired. If it never worked, a new one will not work either.
            with self._lock:
                worked = access == self._worked or access != self._access
                if access == self._access:
                    self._access = None
            if worked:
                raise TryAgain(error, 0.0) from error
            raise
        finally:
            http[1].close()

    def _authenticated(self) -> Access:
        with self._lock:
            if self._access is None:
                self._access = self._authenticate()
            return self._access

    def _authenticate(self) -> Access:
        if self._credentials is None:
            raise StoreDenied(
                "there are no credentials for this store",
                subject=self.platform,
                hint="see docs/stores.md",
            )
        options = self.address.options
        version = options["version"] or (
            "3" if options["auth"].rstrip("/").endswith("/v3") else "1"
        )
        if version == "1":
            url, token = _log_in(options["auth"], self._credentials)
        else:
            url, token = self._keystone(self._credentials)
        return Access(options["storage_url"] or url, token)

    def _keystone(self, credentials: Credentials) -> Access:
        options = self.address.options
        session = keystone_session.Session(
            auth=v3.Password(
                auth_url=options["auth"],
                username=credentials.user,
                password=credentials.secret,
                project_name=options["project"] or None,
                user_domain_name=options["user_domain"],
                project_domain_name=options["project_domain"],
            ),
            session=bound(requests.Session()),
            timeout=settings().http.timeout_s,
            redirect=False,
        )
        token = session.get_token()
        try:
            url = options["storage_url"] or session.get_endpoint(
                service_type="object-store", region_name=options["region"] or None
            )
        except keystone.CatalogException:
            url = None
        if not url or not token:
            raise StoreError(
                "Keystone names no object store",
                subject=self.platform,
                hint="check project, region",
            )
        return Access(url, token)


class _TokenRefused(StoreDenied):
    """HTTP 401; leaves this module only as :class:`StoreDenied`."""


def _connection(url: str) -> tuple[Any, Any]:
    """A connection that follows no redirect: it would take the token or the key to another host."""
    parsed, http = swift.http_connection(url, timeout=settings().http.timeout_s)
    http.request_session.get_redirect_target = lambda response: None
    bound(http.request_session)
    return parsed, http


def _log_in(url: str, credentials: Credentials) -> tuple[str, str]:
    """Address of the account, and a token, by authentication version 1."""
    parsed, http = _connection(url)
    try:
        account = {"X-Auth-User": credentials.user, "X-Auth-Key": credentials.secret}
        http.request("GET", parsed.path, "", account)
        reply = http.getresponse()
        body = reply.read()
        address = reply.getheader("x-storage-url")
        token = reply.getheader("x-storage-token", reply.getheader("x-auth-token"))
    finally:
        http.close()
    if not 200 <= reply.status < 300 or not address or not token:
        raise ClientException.from_response(reply, "login refused", body)
    return str(address), str(token)


def _segment_size(item: Mapping[str, Any]) -> int:
    """Bytes of a segment of a static large object."""
    if not item.get("range"):
        return int(item["bytes"])
    first, _, last = item["range"].partition("-")
    if not first:
        return int(last)
    return int(last or item["bytes"] - 1) - int(first) + 1


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except ClientException as error:
        raise _typed(error, key) from error
    except (keystone.Unauthorized, keystone.Forbidden) as error:
        raise StoreDenied(
            f"Keystone refuses: {error}", subject=key, hint="check its credentials"
        ) from error
    except (RequestException, HTTPError, keystone.ClientException, OSError) as error:
        raise TryAgain(StoreDown(f"the store does not answer: {error}", subject=key)) from error


def _sentence(error: ClientException) -> str:
    """What the server says in its reply, without its HTML; empty if it says nothing."""
    content = error.http_response_content or ""
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    words = " ".join(_TAG.sub(" ", text).split())
    return f": {words[:_LONGEST_SENTENCE]}" if words else ""


def _typed(error: ClientException, key: str) -> Exception:
    status = int(error.http_status or 0)
    said = f"{status} {error.http_reason or ''}".strip() + _sentence(error)
    wait = (error.http_response_headers or {}).get("retry-after", "")
    if status in (429, 498) or (status == 503 and wait):
        slow = Throttled(f"the store asks to slow down: {said}", subject=key)
        return TryAgain(slow, float(wait) if wait.isdecimal() else None)
    if status == 401:
        return _TokenRefused(
            f"the store refuses: {said}", subject=key, hint="check its credentials"
        )
    if status == 403:
        return StoreDenied(f"the store refuses: {said}", subject=key, hint="check its credentials")
    if status == 404:
        return ObjectMissing("is not in the store", subject=key)
    if status == 412:
        return StoreError("changed during the download", subject=key, hint="fetch it again")
    if 300 <= status < 400:
        return StoreError(
            f"the store answers {said}, which is not followed, since it would take the token along",
            subject=key,
            hint="name the new address in the setting store",
        )
    if status >= 500 or not status:
        return TryAgain(StoreDown(f"the store fails: {said or error}", subject=key))
    return StoreError(f"the store answers {said}", subject=key)
