"""Downloads of objects to files: in concurrent parts, resumed, verified, then renamed."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dias_cbm.errors import ChecksumMismatch, StoreDown, StoreError
from dias_cbm.storage.base import Head, Piece, Progress
from dias_cbm.transport.retry import Retry, TryAgain

log = logging.getLogger(__name__)

_CHUNK = 1 << 20
#: No product is larger; a size beyond it is taken for a fault of the listing.
LARGEST_PRODUCT_BYTES = 64 << 30
#: Room that a download leaves on the disk.
_FREE_BYTES = 64 << 20


class ByteSource(Protocol):
    """A source of bytes."""

    def read(self, head: Head, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``[start, end)`` of an object, in one try.

        :raises TryAgain: another try may work.
        :raises StoreError: another try will not help; also when the object has changed since
            ``head``.
        """
        ...


@dataclass
class Transfer:
    """The download of one object into a file.

    Beside ``FILE.part``, which has the object's full size from the start, ``FILE.part.done``
    records which object it is and, line by line, which of its parts have arrived.
    """

    head: Head
    destination: Path
    part_bytes: int
    futures: list[Future[None]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def part(self) -> Path:
        """The path of the incomplete file."""
        return self.destination.with_name(self.destination.name + ".part")

    @property
    def _done(self) -> Path:
        return self.destination.with_name(self.destination.name + ".part.done")

    def prepare(self) -> list[int]:
        """Allocate the file and return the parts that are still missing."""
        count = -(-self.head.size // self.part_bytes)
        done = self._parts_done()
        if done is None:
            self.discard()
            self.part.parent.mkdir(parents=True, exist_ok=True)
            with self.part.open("wb") as file:
                file.truncate(self.head.size)
            self._done.write_text(self._identity())
            done = set()
        return [number for number in range(count) if number not in done]

    def bounds(self, number: int) -> tuple[int, int]:
        """First byte of a part, and the one after its last byte."""
        start = number * self.part_bytes
        return start, min(start + self.part_bytes, self.head.size)

    def mark(self, number: int) -> None:
        """Record that a part has arrived."""
        with self._lock, self._done.open("a") as file:
            file.write(f"{number}\n")

    def complete(self, pieces: Sequence[Piece]) -> Path:
        """Verify the file and give it its name.

        :raises ChecksumMismatch: it does not match the store's metadata; it is deleted.
        """
        try:
            verify(self.part, self.head, pieces)
        except ChecksumMismatch:
            self.discard()
            raise
        with self.part.open("rb+") as file:
            os.fsync(file.fileno())
        self.part.replace(self.destination)
        self._done.unlink()
        return self.destination

    def discard(self) -> None:
        """Delete what has arrived."""
        self.part.unlink(missing_ok=True)
        self._done.unlink(missing_ok=True)

    def _identity(self) -> str:
        return f"{self.head.location} {self.head.size} {self.head.etag} {self.part_bytes}\n"

    def _parts_done(self) -> set[int] | None:
        """The parts that have arrived; None if there are none, or they are of another object."""
        try:
            lines = self._done.read_text().splitlines(keepends=True)
            if self.part.stat().st_size != self.head.size or lines[:1] != [self._identity()]:
                return None
            # The last line may have been cut when the process died.
            return {int(line) for line in lines[1:] if line.endswith("\n")}
        except (FileNotFoundError, ValueError):
            return None


def fetch_all(
    source: ByteSource,
    wanted: Sequence[tuple[Head, Path]],
    *,
    connections: int,
    part_bytes: int,
    retry: Retry,
    progress: Progress | None = None,
    checksum: str | None = None,
) -> list[Path]:
    """Fetch objects into files; files that are already correct are left alone.

    :param wanted: each object with its file.
    :param checksum: ``md5:hex`` of the object, if there is only one.
    :raises StoreError: the first failure; what has arrived stays for the next try.
    """
    if wanted:
        _check_sizes(wanted)
    stop = threading.Event()
    report = _locked(progress)
    expected = _expected(checksum)

    def fetch_part(transfer: Transfer, number: int) -> None:
        if not stop.is_set():
            retry.call(lambda: _copy(source, transfer, number, stop))
            start, end = transfer.bounds(number)
            transfer.mark(number)
            report(end - start)

    with ThreadPoolExecutor(max_workers=connections, thread_name_prefix="fetch") as pool:
        try:
            transfers = []
            for head, destination in wanted:
                if expected is not None and len(wanted) == 1:
                    pieces: Sequence[Piece] = (Piece(head.size, expected),)
                else:
                    pieces = head.pieces
                if _is_there(destination, head, pieces):
                    report(head.size)
                    continue
                transfer = Transfer(head, destination, part_bytes)
                missing = transfer.prepare()
                report(head.size - sum(end - start for start, end in map(transfer.bounds, missing)))
                transfer.futures = [pool.submit(fetch_part, transfer, part) for part in missing]
                transfers.append((transfer, pieces))
            for transfer, pieces in transfers:
                for future in transfer.futures:
                    future.result()
                transfer.complete(pieces)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [destination for _, destination in wanted]


def _check_sizes(wanted: Sequence[tuple[Head, Path]]) -> None:
    """Check that objects are of sizes that products have, and that the disk has room for them.

    :raises StoreError: a size is bogus, or there is no room.
    """
    total = 0
    for head, destination in wanted:
        if not 0 <= head.size <= LARGEST_PRODUCT_BYTES:
            raise StoreError(
                f"{head.size} bytes, by the store's listing, is not the size of a product's file",
                subject=head.location,
            )
        if not destination.exists():
            part = destination.with_name(destination.name + ".part")
            total += head.size - (part.stat().st_blocks * 512 if part.exists() else 0)
    if total > LARGEST_PRODUCT_BYTES:
        raise StoreError(
            f"{total >> 30} GB, by the store's listing, is more than any product has",
            subject=wanted[0][0].location,
        )
    folder = next((one for one in wanted[0][1].absolute().parents if one.is_dir()), Path("/"))
    if total + _FREE_BYTES > shutil.disk_usage(folder).free:
        raise StoreError(f"no room for {total >> 20} MB", subject=folder)


def verify(file: Path, head: Head, pieces: Sequence[Piece]) -> None:
    """Verify that a file is the object: by size, and by every known checksum.

    :raises ChecksumMismatch: it is not.
    """
    size = file.stat().st_size
    if size != head.size:
        raise ChecksumMismatch(f"{size} bytes, the store says {head.size}", subject=head.location)
    if not any(piece.md5 for piece in pieces) or sum(piece.size for piece in pieces) != size:
        return
    with file.open("rb") as stream:
        start = 0
        for piece in pieces:
            found = _md5(stream.fileno(), start, piece.size) if piece.md5 else None
            if found != piece.md5:
                raise ChecksumMismatch(
                    f"md5 of {piece.size} bytes from {start} is {found}, expected {piece.md5}",
                    subject=head.location,
                    hint="it was deleted; fetch it again",
                )
            start += piece.size


def md5_of(file: Path) -> str:
    """The MD5 of a whole file, hexadecimal."""
    with file.open("rb") as stream:
        return _md5(stream.fileno(), 0, file.stat().st_size)


def _md5(descriptor: int, start: int, size: int) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    end = start + size
    while start < end:
        chunk = os.pread(descriptor, min(_CHUNK, end - start), start)
        if not chunk:
            break
        digest.update(chunk)
        start += len(chunk)
    return digest.hexdigest()


def _copy(source: ByteSource, transfer: Transfer, number: int, stop: threading.Event) -> None:
    start, end = transfer.bounds(number)
    descriptor = os.open(transfer.part, os.O_WRONLY)
    try:
        position = start
        chunks = source.read(transfer.head, start, end)
        with closing(chunks):  # type: ignore[type-var]
            for chunk in chunks:
                if stop.is_set():
                    raise StoreError("cancelled", subject=transfer.head.location)
                position += os.pwrite(descriptor, chunk[: end - position], position)
    finally:
        os.close(descriptor)
    if position != end:
        raise TryAgain(
            StoreDown(f"broke off {end - position} bytes early", subject=transfer.head.location)
        )


def _is_there(destination: Path, head: Head, pieces: Sequence[Piece]) -> bool:
    try:
        verify(destination, head, pieces)
    except (FileNotFoundError, ChecksumMismatch):
        return False
    return True


def _expected(checksum: str | None) -> str | None:
    algorithm, _, value = (checksum or "").partition(":")
    return value.lower() if algorithm.lower() == "md5" and value else None


def _locked(progress: Progress | None) -> Progress:
    lock = threading.Lock()

    def report(count: int) -> None:
        if progress is not None and count:
            with lock:
                progress(count)

    return report
