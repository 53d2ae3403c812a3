"""zlib streams (RFC 1950) whose decoded size is known, two at a time."""

from __future__ import annotations

import numba
import numpy as np

from dias_cbm.inflate.codes import CANONICAL_SIZE, TABLE_SIZE
from dias_cbm.inflate.stream import (
    AHEAD,
    BEGIN,
    BITS,
    BROKEN,
    CANONICALS,
    END,
    ENDED,
    HELD,
    LAST,
    LIMIT,
    MARGIN,
    NEXT,
    OPEN,
    OUT,
    TABLES,
    decode_one,
    decode_two,
    open_block,
)

# Two bytes before the stream, and a checksum behind it.
_HEADER, _TRAILER = 2, 4

_ADLER = 65521
# So many rows that the sum of their sums fits 16 bits.
_ROWS, _LANES = 16, 32


class Inflater:
    """Room for two streams, and what they are decoded to.

    :param size: bytes of each when decoded.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._sources = [np.zeros(0, np.uint8), np.zeros(0, np.uint8)]
        # Rows begin where any number may lie.
        self._target = np.zeros((2, -(-size // 64) * 64 + MARGIN), np.uint8)
        self._room = (
            np.empty((4, TABLE_SIZE), np.uint32),
            np.empty((4, CANONICAL_SIZE), np.uint32),
            np.empty(320, np.uint8),
            np.zeros((2, 8), np.uint64),
        )

    def room(self, place: int, size: int) -> memoryview:
        """Where to write a stream of ``size`` bytes before it is decoded.

        :param place: 0 or 1.
        """
        if self._sources[place].size < size + MARGIN:
            self._sources[place] = np.zeros(size + size // 4 + MARGIN, np.uint8)
        return self._sources[place].data[:size]

    def decode(self, first: int, second: int) -> tuple[bool, bool]:
        """Decode what was written to both places.

        :param first: bytes of the stream at place 0; ``second``: at place 1, 0 for none.
        :returns: for both, whether it was sound, of the size that it should have, and its checksum
            is right.
        """
        sizes = np.array([first, second])
        sources = self._sources[0], self._sources[1]
        return inflate_two(sources, sizes, self._target, self._size, self._room)

    def decoded(self, place: int) -> np.ndarray:
        """uint8[size], valid until the next are decoded."""
        return self._target[place, : self._size]


@numba.njit(cache=True, nogil=True)
def inflate_two(sources, sizes, target, size, room):  # type: ignore[no-untyped-def]
    """As :meth:`Inflater.decode`.

    :param sources: two of uint8[sizes[k] + MARGIN or more].
    :param target: uint8[2, size + MARGIN or more]; written.
    :param room: tables, canonical codes, lengths and states of the streams.
    """
    tables, canonicals, lengths, streams = room
    table, canonical = np.uint64(tables.ctypes.data), np.uint64(canonicals.ctypes.data)
    states = np.full(2, BROKEN)
    for k in range(2):
        if _begin(streams[k], sources[k], sizes[k], target[k], size):
            states[k] = ENDED
    while True:
        for k in range(2):
            if states[k] == ENDED:
                two = slice(2 * k, 2 * k + 2)
                states[k] = open_block(streams[k], tables[two], canonicals[two], lengths)
        if states[0] == OPEN and states[1] == OPEN:
            states[0], states[1] = decode_two(streams[0], streams[1], table, canonical)
        elif states[0] == OPEN:
            states[0] = decode_one(streams[0], table, canonical)
        elif states[1] == OPEN:
            states[1] = decode_one(streams[1], table + TABLES, canonical + CANONICALS)
        else:
            break
    sound = np.zeros(2, np.bool_)
    for k in range(2):
        ended = states[k] == ENDED
        sound[k] = ended and _ends(streams[k], sources[k], sizes[k], target[k], size)
    return sound[0], sound[1]


@numba.njit(cache=True, nogil=True)
def _begin(stream, source, length, target, size):  # type: ignore[no-untyped-def]
    """Set a stream to its beginning; False if there is no zlib header."""
    if length < _HEADER + _TRAILER:
        return False
    method, flags = np.int64(source[0]), np.int64(source[1])
    if method & 15 != 8 or (method << 8 | flags) % 31 != 0 or flags & 32 != 0:
        return False
    begin = np.uint64(source.ctypes.data)
    stream[NEXT], stream[END] = begin + np.uint64(_HEADER), begin + np.uint64(length + AHEAD)
    stream[BITS], stream[HELD], stream[LAST] = np.uint64(0), np.uint64(0), np.uint64(0)
    stream[BEGIN] = stream[OUT] = np.uint64(target.ctypes.data)
    stream[LIMIT] = stream[BEGIN] + np.uint64(size)
    return True


@numba.njit(cache=True, nogil=True)
def _ends(stream, source, length, target, size):  # type: ignore[no-untyped-def]
    """Whether a stream that has ended gave what it should."""
    if stream[OUT] != stream[LIMIT]:
        return False
    read = np.int64(stream[NEXT] - (stream[HELD] >> np.uint64(3)) - np.uint64(source.ctypes.data))
    if read + _TRAILER > length:
        return False
    checksum = np.int64(0)
    for place in range(read, read + _TRAILER):
        checksum = checksum << 8 | np.int64(source[place])
    return checksum == adler32(target[:size])


@numba.njit(cache=True, nogil=True)
def adler32(data):  # type: ignore[no-untyped-def]
    """The checksum of zlib (RFC 1950, section 8.2).

    Bytes are summed in lanes, so that many are added at a time. A byte counts for the second sum as
    often as there are bytes from it to the end: once for each row of lanes that follows, times the
    lanes, less its own lane.

    :param data: uint8[n].
    """
    low, high = np.int64(1), np.int64(0)
    size = _ROWS * _LANES
    sums, running = np.empty(_LANES, np.uint16), np.empty(_LANES, np.uint16)
    whole = data.size // size * size
    for first in range(0, whole, size):
        sums[:], running[:] = 0, 0
        for row in range(_ROWS):
            place = np.uint64(first + row * _LANES)
            for lane in range(np.uint64(_LANES)):
                sums[lane] += np.uint16(data[place + lane])
                running[lane] += sums[lane]
        high += size * low
        for lane in range(_LANES):
            high += _LANES * np.int64(running[lane]) - lane * np.int64(sums[lane])
            low += np.int64(sums[lane])
        low, high = low % _ADLER, high % _ADLER
    for byte in data[whole:]:
        low = (low + np.int64(byte)) % _ADLER
        high = (high + low) % _ADLER
    return high << 16 | low
