"""The replies to requests that failed: JSON for programs, a page for readers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dias_cbm.errors import (
    CbmError,
    ChipError,
    DatabaseError,
    DecisionError,
    MarkerError,
    NotEnoughData,
    ObjectMissing,
    OffRaster,
    ParcelUnknown,
    ProductError,
    ProductNotHeld,
    SampleError,
    SceneUnknown,
    SeasonError,
    SettingsError,
    StateConflict,
    StoreError,
)
from dias_cbm.window import shell
from dias_cbm.window.context import Context
from dias_cbm.window.headers import Failed
from dias_cbm.window.host import RunRefused
from dias_cbm.window.keys import KeyRefused
from dias_cbm.window.map.colouring import ColouringUnknown
from dias_cbm.window.map.tiles import TileOutside
from dias_cbm.window.workroom import Crowded, TooSlow

_LOG = logging.getLogger(__name__)
RETRY_S = 60

#: Error -> HTTP status of the reply; the most specific class of an error counts.
CODES: Mapping[type[Exception], int] = {
    SeasonError: status.HTTP_404_NOT_FOUND,
    ParcelUnknown: status.HTTP_404_NOT_FOUND,
    MarkerError: status.HTTP_404_NOT_FOUND,
    NotEnoughData: status.HTTP_404_NOT_FOUND,
    ObjectMissing: status.HTTP_410_GONE,
    SceneUnknown: status.HTTP_404_NOT_FOUND,
    ProductNotHeld: status.HTTP_404_NOT_FOUND,
    OffRaster: status.HTTP_404_NOT_FOUND,
    ChipError: 422,
    ProductError: status.HTTP_502_BAD_GATEWAY,
    TooSlow: status.HTTP_504_GATEWAY_TIMEOUT,
    Crowded: status.HTTP_503_SERVICE_UNAVAILABLE,
    ColouringUnknown: status.HTTP_404_NOT_FOUND,
    TileOutside: status.HTTP_404_NOT_FOUND,
    StateConflict: status.HTTP_409_CONFLICT,
    DecisionError: 422,
    SampleError: 422,
    KeyRefused: 422,
    RunRefused: status.HTTP_409_CONFLICT,
    StoreError: status.HTTP_502_BAD_GATEWAY,
    SettingsError: status.HTTP_503_SERVICE_UNAVAILABLE,
    DatabaseError: status.HTTP_503_SERVICE_UNAVAILABLE,
    CbmError: status.HTTP_500_INTERNAL_SERVER_ERROR,
    # A value that no column can hold, e.g. a number that is too large or a text with a NUL.
    psycopg.DataError: 422,
    psycopg.OperationalError: status.HTTP_503_SERVICE_UNAVAILABLE,
    # The season was dropped or detached meanwhile, or the schema is of another version.
    psycopg.errors.UndefinedTable: status.HTTP_503_SERVICE_UNAVAILABLE,
    psycopg.errors.UndefinedColumn: status.HTTP_503_SERVICE_UNAVAILABLE,
    psycopg.Error: status.HTTP_500_INTERNAL_SERVER_ERROR,
}


def install(app: FastAPI, context: Context) -> Failed:
    """Answer the errors of an application.

    :returns: what answers an error that nobody expected.
    """

    async def failed(request: Request, error: Exception) -> Response:
        return answer(request, context, code_of(error), sentence(error))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        return answer(request, context, error.status_code, error.detail, error.headers)

    async def odd(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        faults = "; ".join(_fault(one) for one in error.errors()[:5])
        return answer(request, context, 422, faults)

    for known in CODES:
        app.exception_handler(known)(failed)
    app.exception_handler(HTTPException)(refused)
    app.exception_handler(RequestValidationError)(odd)
    return failed


def code_of(error: BaseException) -> int:
    """The status for an error: 500 if nothing is known of it."""
    return next((CODES[cls] for cls in type(error).__mro__ if cls in CODES), 500)


def sentence(error: BaseException) -> str:
    """An error in one line, without what only a log should hold."""
    if isinstance(error, ProductError | StoreError):
        # Subject and hint may be places in the server's file system.
        name = PurePath(error.subject or "").name
        return f"{name}: {error.message}".removeprefix(": ").partition("\n")[0]
    if isinstance(error, SeasonError):
        # The hint may name seasons that the reader may not see.
        return f"{error.subject or ''}: {error.message}".removeprefix(": ").partition("\n")[0]
    if isinstance(error, CbmError):
        return str(error).partition("\n")[0]
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.QueryCanceled):
        return "the database took too long: try again in a minute"
    if isinstance(error, psycopg.DataError):
        return "a value of this request cannot be looked up"
    if code_of(error) == status.HTTP_503_SERVICE_UNAVAILABLE:
        _LOG.warning("the window cannot use the database: %s", error)
        return "the database does not answer as it should: try again in a minute"
    _LOG.error("the window failed", exc_info=error)
    return "this failed; the log of the server says why"


def answer(
    request: Request,
    context: Context,
    code: int,
    detail: Any,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The reply: a page where one was asked for, else JSON with a key ``detail``."""
    own = dict(headers or {})
    if code == status.HTTP_503_SERVICE_UNAVAILABLE:
        own["Retry-After"] = str(RETRY_S)
    if shell.wanted(request):
        return shell.failure(request, context, code, str(detail), own)
    return JSONResponse({"detail": detail}, code, own)


def _fault(fault: Mapping[str, Any]) -> str:
    place = ".".join(str(one) for one in fault.get("loc", ())[1:])
    return f"{place}: {fault.get('msg', 'is not valid')}"
