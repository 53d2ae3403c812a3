"""Cache of chips: a bounded folder of whole files, the least recently used removed first."""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.errors import OutputError
from dias_cbm.whole_file import whole_file

log = logging.getLogger(__name__)

_MB = 1 << 20
_HEAD_BYTES = 1 << 20
#: A process looks at the whole folder after writing this part of the limit, and then removes down
#: to the lower mark: eight processes together stay within the limit.
_UNSEEN_PART, _LOWER_MARK = 1 / 64, 7 / 8
#: Age in seconds after which a file that was not finished belongs to nobody.
_ABANDONED_S = 3600.0
_NAME = re.compile(r"[0-9a-f]{64}")


class ChipCache:
    """A folder of chips that all processes of one machine share.

    An entry is one file: a line of JSON with its description and the hash of its image, then the
    image. It appears whole or not at all; one that is damaged counts as missing.

    :param limit: bytes; 0 keeps nothing.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder.expanduser().resolve()
        self.limit = limit
        self._unseen: int | None = None

    def get(self, key: str) -> tuple[dict[str, Any], bytes] | None:
        """Description and image of a chip; None if it is not there, or damaged."""
        path = self._path(key)
        try:
            with path.open("rb") as stream:
                head = json.loads(stream.readline(_HEAD_BYTES))
                image = stream.read()
            if head["sha256"] != hashlib.sha256(image).hexdigest():
                raise ValueError("its image is not what was written")
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s: a chip that cannot be used is cut again: %s", path, error)
            return None
        return head["about"], image

    def put(self, key: str, about: dict[str, Any], image: bytes) -> None:
        """Keep a chip. If it cannot be written, a warning is logged: it is only a copy."""
        head = {"about": about, "sha256": hashlib.sha256(image).hexdigest()}
        content = json.dumps(head).encode() + b"\n" + image
        if len(content) > self.limit * _LOWER_MARK:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as aside:
                aside.write_bytes(content)
            self._bound(len(content))
        except (OSError, OutputError) as error:
            log.warning("%s: a chip is not kept: %s", path, error)

    def _path(self, key: str) -> Path:
        if not _NAME.fullmatch(key):
            raise ValueError(f"not a SHA-256: {key}")
        return self.folder / key[:2] / key

    def _bound(self, written: int) -> None:
        """Keep the folder within its limit, whatever other processes write."""
        self._unseen = None if self._unseen is None else self._unseen + written
        if self._unseen is not None and self._unseen < self.limit * _UNSEEN_PART:
            return
        with self._alone() as alone:
            if alone:
                self._unseen = 0
                self._remove_oldest()

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether no other process removes at the same time."""
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)

    def _remove_oldest(self) -> None:
        entries: list[tuple[float, int, Path]] = []
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            if _NAME.fullmatch(path.name):
                entries.append((status.st_mtime, status.st_size, path))
            elif time.time() - status.st_mtime > _ABANDONED_S:
                path.unlink(missing_ok=True)
        total = sum(size for _, size, _ in entries)
        if total <= self.limit:
            return
        for _, size, path in sorted(entries):
            if total <= self.limit * _LOWER_MARK:
                break
            path.unlink(missing_ok=True)
            total -= size


_OPENED: dict[tuple[str, int], ChipCache] = {}


def chip_cache() -> ChipCache:
    """The cache that the settings name; one per process, which remembers what it has written."""
    chosen = settings().chips
    key = chosen.cache_folder, int(chosen.cache_mb * _MB)
    if key not in _OPENED:
        _OPENED[key] = ChipCache(Path(key[0]), key[1])
    return _OPENED[key]
