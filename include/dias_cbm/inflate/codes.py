"""The Huffman codes of deflate (RFC 1951), as tables that are looked up with the next bits.

An entry is a uint64, stored as uint32: bits 0 to 5 how many bits to consume, 0 for a code that is
longer than the table's index or no code at all; bit 6 set if it holds two literals; bit 7 if it is
no literal; bits 8 to 11 how many further bits follow; from bit 16 on the literals, or what a length
or distance begins at. An end of block is a length of 0.
"""

from __future__ import annotations

import numba
import numpy as np

from dias_cbm.inflate.memory import int64, load32

#: What the symbols of a code stand for.
LITERALS, DISTANCES, LENGTHS_OF_CODES = 0, 1, 2

#: Bits that a table is looked up with: more, and two tables do not stay in a processor's cache.
TABLE_BITS = 11
TABLE_SIZE = 1 << TABLE_BITS
INDEX = np.uint64(TABLE_SIZE - 1)

#: A canonical code: how many codes there are of each length, then the symbols in order.
LONGEST = 15
CANONICAL_SIZE = LONGEST + 1 + 288

LENGTH = np.uint64(63)
TWO, TWO_BIT = np.uint64(64), np.uint64(6)
OTHER = np.uint64(128)
FURTHER, FURTHER_BIT = np.uint64(15), np.uint64(8)
VALUE_BIT, SECOND_BIT = np.uint64(16), np.uint64(24)

_END_OF_BLOCK = 256


def _starts(first: int, groups: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    """Where ranges start, ``each`` of a size and then of twice that, and the bits of their sizes.

    There are two times ``each`` of the smallest.
    """
    bits = np.repeat(np.arange(groups), each)
    bits = np.concatenate((np.zeros(each, int), bits))
    starts = first + np.concatenate(([0], np.cumsum(1 << bits[:-1])))
    return starts.astype(np.uint64), bits.astype(np.uint64)


# RFC 1951, section 3.2.5; the last length is an exception: 258 has a symbol of its own.
_LENGTH_STARTS, _LENGTH_BITS = _starts(3, 6, 4)
_LENGTH_STARTS = np.append(_LENGTH_STARTS, np.uint64(258))
_LENGTH_BITS = np.append(_LENGTH_BITS, np.uint64(0))
_DISTANCE_STARTS, _DISTANCE_BITS = _starts(1, 14, 2)

_0, _1 = np.uint64(0), np.uint64(1)


@numba.njit(cache=True, nogil=True)
def _entry(kind, symbol, length):  # type: ignore[no-untyped-def]
    bits = np.uint64(length)
    if kind == LENGTHS_OF_CODES or (kind == LITERALS and symbol < _END_OF_BLOCK):
        return np.uint64(symbol) << VALUE_BIT | bits
    if kind == LITERALS:
        if symbol == _END_OF_BLOCK:
            return OTHER | bits
        place = symbol - _END_OF_BLOCK - 1
        if place >= _LENGTH_STARTS.size:
            return OTHER
        return (
            OTHER | _LENGTH_STARTS[place] << VALUE_BIT | _LENGTH_BITS[place] << FURTHER_BIT | bits
        )
    if symbol >= _DISTANCE_STARTS.size:
        return OTHER
    return _DISTANCE_STARTS[symbol] << VALUE_BIT | _DISTANCE_BITS[symbol] << FURTHER_BIT | bits


@numba.njit(cache=True, nogil=True)
def build(lengths, kind, table, canonical):  # type: ignore[no-untyped-def]
    """Make the table of a code.

    :param lengths: uint8[symbols], how long each symbol's code is; 0: it has none.
    :param kind: what the symbols stand for.
    :param table: uint32[TABLE_SIZE]; written.
    :param canonical: uint32[CANONICAL_SIZE]; written.
    :returns: False if there are more codes than there can be.
    """
    canonical[:] = 0
    for length in lengths:
        canonical[length] += 1
    canonical[0] = 0
    following, place = np.zeros(LONGEST + 2, np.int64), np.zeros(LONGEST + 2, np.int64)
    left = 1
    for length in range(1, LONGEST + 1):
        left = 2 * left - int64(canonical[length])
        if left < 0:
            return False
        following[length + 1] = (following[length] + int64(canonical[length])) << 1
        place[length + 1] = place[length] + int64(canonical[length])
    table[:] = OTHER
    for symbol in range(lengths.size):
        length = int64(lengths[symbol])
        if length == 0:
            continue
        canonical[LONGEST + 1 + place[length]] = symbol
        place[length] += 1
        if length <= TABLE_BITS:
            entry = _entry(kind, symbol, length)
            for index in range(_reversed(following[length], length), TABLE_SIZE, 1 << length):
                table[index] = entry
        following[length] += 1
    if kind == LITERALS:
        _join(table)
    return True


@numba.njit(cache=True, nogil=True)
def _reversed(code, length):  # type: ignore[no-untyped-def]
    """A code as it is read: its first bit lowest."""
    result = 0
    for bit in range(length):
        result = result << 1 | (code >> bit) & 1
    return result


@numba.njit(cache=True, nogil=True)
def _join(table):  # type: ignore[no-untyped-def]
    """Make one entry of a literal and the one that follows it, where the index holds both."""
    # From the end: what follows an index lies before it, and is still a single literal.
    for index in range(TABLE_SIZE - 1, -1, -1):
        first = np.uint64(table[index])
        if first & OTHER != _0:
            continue
        second = np.uint64(table[np.uint64(index) >> (first & LENGTH)])
        bits = (first & LENGTH) + (second & LENGTH)
        if second & OTHER == _0 and bits <= np.uint64(TABLE_BITS):
            literals = first >> VALUE_BIT << VALUE_BIT | second >> VALUE_BIT << SECOND_BIT
            table[index] = literals | TWO | bits


@numba.njit(cache=True, nogil=True)
def long_entry(bits, kind, canonical):  # type: ignore[no-untyped-def]
    """The entry of a code that the table is too short for.

    :param canonical: address of the canonical code.
    :returns: one of length 0 if there is no such code.
    """
    code, first, place = 0, 0, 0
    for length in range(1, LONGEST + 1):
        code |= int64(bits & _1)
        bits >>= _1
        count = int64(load32(canonical + np.uint64(4 * length)))
        if code - first < count:
            symbol = load32(canonical + np.uint64(4 * (LONGEST + 1 + place + code - first)))
            return _entry(kind, int64(symbol), length)
        place += count
        first = (first + count) << 1
        code <<= 1
    return OTHER
