"""S3 stores (CREODIAS, CDSE, MUNDI and any S3-compatible service), through boto3."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import boto3
import rasterio
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    NoCredentialsError,
    ParamValidationError,
)
from botocore.parsers import ResponseParserError
from rasterio.session import AWSSession
from urllib3.exceptions import HTTPError

from dias_cbm.config.settings import settings
from dias_cbm.errors import ObjectMissing, StoreDenied, StoreDown, StoreError, Throttled
from dias_cbm.storage.base import Head, Piece
from dias_cbm.storage.object_requests import Position
from dias_cbm.storage.objects import ObjectStore
from dias_cbm.transport.bounded import PORTION_BYTES, bounded_pools, portions, within_reply
from dias_cbm.transport.retry import TryAgain

_CONNECT_S = 10.0
_MD5 = re.compile(r"[0-9a-f]{32}")
_WRONG_REGION = frozenset(
    {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException"}
)
_LONGEST_SENTENCE = 300
_SLOW_DOWN = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"})


class S3Store(ObjectStore):
    """Products in a bucket."""

    def path(self, location: str) -> str:
        """``/vsis3/BUCKET/KEY``."""
        return f"/vsis3/{self.address.bucket}/{self._key(location)}"

    @cached_property
    def _client(self) -> Any:
        credentials = self._credentials
        anonymous = self.address.flag("anonymous")
        if credentials is None and not anonymous:
            raise StoreDenied(
                "there are no credentials for this store",
                subject=self.platform,
                hint="see docs/stores.md; anonymous=true for a public bucket",
            )
        config = Config(
            connect_timeout=_CONNECT_S,
            read_timeout=settings().http.timeout_s,
            max_pool_connections=self._connections.count,
            # We do the retries, so that they are the same for every store.
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path" if self.address.flag("path_style") else "virtual"},
            signature_version=UNSIGNED if anonymous else "s3v4",
            # Stores other than Amazon's do not support the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        client = boto3.session.Session().client(
            "s3",
            endpoint_url=self.address.options["endpoint"] or None,
            region_name=self.address.options["region"] or "us-east-1",
            aws_access_key_id=credentials.user if credentials else None,
            aws_secret_access_key=credentials.secret if credentials else None,
            aws_session_token=(credentials.token or None) if credentials else None,
            config=config,
        )
        # botocore has no public way to choose its connections.
        pools = client._endpoint.http_session._pool_classes_by_scheme
        pools.update(bounded_pools(pools))
        client.meta.events.register_first("needs-retry.s3", _follow_only_to_a_region)
        return client

    @property
    def _request(self) -> dict[str, str]:
        payer = {"RequestPayer": "requester"} if self.address.flag("requester_pays") else {}
        return {"Bucket": self.address.bucket, **payer}

    def _gdal(self) -> rasterio.Env:
        endpoint = urlsplit(self.address.options["endpoint"])
        session = AWSSession(
            aws_unsigned=self.address.flag("anonymous"),
            aws_access_key_id=self._credentials.user if self._credentials else None,
            aws_secret_access_key=self._credentials.secret if self._credentials else None,
            aws_session_token=(self._credentials.token or None) if self._credentials else None,
            region_name=self.address.options["region"] or "us-east-1",
            endpoint_url=endpoint.netloc or None,
            requester_pays=self.address.flag("requester_pays"),
        )
        return rasterio.Env(
            session=session,
            AWS_HTTPS="NO" if endpoint.scheme == "http" else "YES",
            AWS_VIRTUAL_HOSTING=not self.address.flag("path_style"),
            **gdal_options(f"/vsis3/{self.address.bucket}"),
        )

    def _page(
        self, prefix: str, position: Position, limit: int
    ) -> tuple[list[Head], Position | None]:
        with _translated(prefix):
            reply = self._client.list_objects_v2(
                **self._request, Prefix=prefix, MaxKeys=limit, **position
            )
            if "IsTruncated" not in reply:
                # The client turns a reply without a body into an empty listing.
                raise TryAgain(StoreDown("the store broke off the listing", subject=prefix))
            items = reply.get("Contents", [])
            heads = [
                _head(self._location(item["Key"]), item["Size"], item.get("ETag")) for item in items
            ]
        if not reply["IsTruncated"]:
            return heads, None
        if token := reply.get("NextContinuationToken"):
            return heads, {"ContinuationToken": token}
        if items:
            return heads, {"StartAfter": items[-1]["Key"]}
        raise StoreError("the store's listing does not lead on", subject=prefix)

    def _look(self, key: str) -> Head:
        with _translated(key):
            reply = self._client.head_object(**self._request, Key=key)
        return _head(self._location(key), reply["ContentLength"], reply.get("ETag"))

    def _stream(self, key: str, head: Head, start: int, end: int) -> Iterator[bytes]:
        same = {"IfMatch": head.etag} if head.etag else {}
        with _translated(key):
            with within_reply(settings().http.timeout_s):
                reply = self._client.get_object(
                    **self._request, Key=key, Range=f"bytes={start}-{end - 1}", **same
                )
            with closing(reply["Body"]) as body:
                if reply["ContentLength"] != end - start:
                    raise StoreError("the store sent other bytes than requested", subject=key)
                yield from portions(body.iter_chunks(PORTION_BYTES), end - start)

    def _send(self, key: str, content: BinaryIO, size: int, md5: str) -> str | None:
        with _translated(key):
            reply = self._client.put_object(
                **self._request,
                Key=key,
                Body=content,
                ContentLength=size,
                ContentMD5=b64encode(bytes.fromhex(md5)).decode(),
            )
        tag = str(reply.get("ETag", "")).strip('"')
        return tag if _MD5.fullmatch(tag) else None

    def _erase(self, key: str) -> None:
        with _translated(key):
            self._client.delete_object(**self._request, Key=key)


def gdal_options(root: str) -> dict[str, str]:
    """GDAL's options for range reads: one connection, few retries, no shared cache."""
    return {
        "CPL_VSIL_CURL_NON_CACHED": root,
        # Headers beside an image are requested by name; nothing is listed.
        "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
        "GDAL_HTTP_MAX_RETRY": str(settings().http.attempts),
        "GDAL_HTTP_RETRY_DELAY": "1",
        "GDAL_HTTP_CONNECTTIMEOUT": f"{_CONNECT_S:.0f}",
        "GDAL_HTTP_TIMEOUT": f"{settings().http.timeout_s:.0f}",
        "GDAL_HTTP_MULTIRANGE": "SERIAL",
    }


def _head(location: str, size: int, etag: str | None) -> Head:
    tag = (etag or "").strip('"')
    # "hex-N" is computed from the checksums of N parts, whose boundaries are unknown.
    md5 = tag if _MD5.fullmatch(tag) else None
    return Head(location, size, etag, (Piece(size, md5),))


def _follow_only_to_a_region(
    request_dict: dict[str, Any], response: tuple[Any, dict[str, Any]] | None, **_: Any
) -> None:
    """Keep the client from asking for the bucket's region when a reply does not name it.

    It would ask with a request that is answered in the same way, without end.
    """
    if response is not None and _region(response[1]) is None:
        request_dict.setdefault("context", {}).setdefault("s3_redirect", {})["redirected"] = True


def _region(reply: Mapping[str, Any]) -> str | None:
    headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers.get("x-amz-bucket-region") or reply.get("Error", {}).get("Region")


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _typed(error, key) from error
    except (ResponseParserError, KeyError, ValueError, RecursionError) as error:
        raise StoreError(
            f"the store does not answer as S3 does: {type(error).__name__}: {error}", subject=key
        ) from error
    except (NoCredentialsError, ParamValidationError) as error:
        raise StoreDenied(str(error), subject=key) from error
    except ConnectionClosedError as error:
        reason = error.kwargs.get("error", error)
        raise TryAgain(StoreDown(f"the store does not answer: {reason}", subject=key)) from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise TryAgain(StoreDown(f"the store does not answer: {error}", subject=key)) from error


def _typed(error: ClientError, key: str) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    reply = error.response.get("ResponseMetadata", {})
    status = int(reply.get("HTTPStatusCode", 0))
    said = _sentence(status, error.response)
    if code in _SLOW_DOWN or status == 429:
        wait = reply.get("HTTPHeaders", {}).get("retry-after", "")
        slow = Throttled(f"the store asks to slow down: {said}", subject=key)
        return TryAgain(slow, float(wait) if wait.isdecimal() else None)
    if status >= 500 or code in ("RequestTimeout", "InternalError"):
        return TryAgain(StoreDown(f"the store fails: {said}", subject=key))
    if code == "NoSuchBucket":
        return StoreError("there is no such bucket", subject=key, hint="check the setting store")
    if status == 404:
        return ObjectMissing("is not in the store", subject=key)
    if status in (401, 403):
        return StoreDenied(
            f"the store refuses: {said}", subject=key, hint="check its credentials, and the clock"
        )
    if status == 412:
        return StoreError("changed during the download", subject=key, hint="fetch it again")
    region = _region(error.response)
    hint = None
    if code in _WRONG_REGION or region:
        hint = f"set region={region or 'the one it names'} in the setting store"
    elif 300 <= status < 400:
        hint = "check endpoint, region and path_style in the setting store"
    return StoreError(f"the store answers {said}", subject=key, hint=hint)


def _sentence(status: int, reply: Mapping[str, Any]) -> str:
    """Status, code and the store's own sentence, short enough for a log."""
    error = reply.get("Error", {})
    code = "" if error.get("Code") == str(status) else str(error.get("Code", ""))
    said = " ".join(str(error.get("Message") or "").split())
    text = f"{status} {code}".strip()
    return f"{text}: {said[:_LONGEST_SENTENCE]}" if said else text
