"""Decoding deflate (RFC 1951): two streams at a time.

What limits a decoder is that each code must be known before the next can be looked up. The pixels
of a radar image are almost all literals, and there a second, independent stream costs little: while
the processor waits for one, it works on the other.

A stream is uint64[8]: the address of its next byte; bits read ahead, and how many; the address
written next; whether the block is its last; the first address that is beyond its input, by so much
as may be read ahead; where its output begins, and ends. Around both arrays there must be
:data:`MARGIN` bytes that may be read or written.
"""

from __future__ import annotations

import numba
import numpy as np

from dias_cbm.inflate.codes import (
    CANONICAL_SIZE,
    DISTANCES,
    FURTHER,
    FURTHER_BIT,
    INDEX,
    LENGTH,
    LENGTHS_OF_CODES,
    LITERALS,
    OTHER,
    TABLE_SIZE,
    TWO_BIT,
    VALUE_BIT,
    build,
    long_entry,
)
from dias_cbm.inflate.memory import int64, load8, load32, load64, store8, store16, store64

NEXT, BITS, HELD, OUT, LAST, END, BEGIN, LIMIT = range(8)

#: State of a stream: inside a block, at its end or the stream's, or not deflate.
OPEN, ENDED, BROKEN = np.uint64(0), np.uint64(1), np.uint64(2)

#: Bytes by which a step may read or write too far before that is noticed: a match of 258 bytes,
#: copied by eights, and some literals.
MARGIN = 512

#: Bytes that are read ahead.
AHEAD = 8

# Lookups between two looks at the input: five times eleven bits are what 56 bits hold.
_LOOKUPS = 5

#: Addresses of the second stream's tables, from those of the first.
TABLES = np.uint64(2 * TABLE_SIZE * 4)
CANONICALS = np.uint64(2 * CANONICAL_SIZE * 4)

# Of the distances, from those of the literals.
_TABLE = np.uint64(TABLE_SIZE * 4)
_CANONICAL = np.uint64(CANONICAL_SIZE * 4)

# In what order the lengths of the codes for lengths of codes come.
_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])

# An integer of Python beside a uint64 would make a float of them.
_0, _1, _2, _3, _4, _7, _8 = map(np.uint64, (0, 1, 2, 3, 4, 7, 8))
_BITS_HELD, _HELD = np.uint64(56), np.uint64(63)
_16BITS = np.uint64(0xFFFF)


@numba.njit(cache=True, nogil=True)
def _refill(position, bits, held):  # type: ignore[no-untyped-def]
    """Read ahead until at least 56 bits are held."""
    bits |= load64(position) << held
    return position + ((_HELD - held) >> _3), bits, held | _BITS_HELD


@numba.njit(cache=True, nogil=True)
def _low(bits, count):  # type: ignore[no-untyped-def]
    return bits & ((_1 << count) - _1)


@numba.njit(cache=True, nogil=True)
def open_block(stream, tables, canonicals, lengths):  # type: ignore[no-untyped-def]
    """Go on to the next block that has codes, over those that are stored as they are.

    :param tables: uint32[2, TABLE_SIZE] of literals and distances; written.
    :param canonicals: uint32[2, CANONICAL_SIZE]; written.
    :param lengths: uint8[320], room.
    :returns: OPEN, ENDED (there is no further block) or BROKEN.
    """
    while stream[LAST] == _0:
        if stream[NEXT] > stream[END]:
            return BROKEN
        position, bits, held = _refill(stream[NEXT], stream[BITS], stream[HELD])
        stream[LAST] = bits & _1
        kind = _low(bits >> _1, _2)
        stream[NEXT], stream[BITS], stream[HELD] = position, bits >> _3, held - _3
        if kind == _0:
            if not _copy_stored(stream):
                return BROKEN
            continue
        if kind == _3:
            return BROKEN
        literals, distances = 288, 32
        if kind == _1:
            _fixed(lengths)
        else:
            literals, distances = _read_lengths(stream, tables[1], canonicals[1], lengths)
        if (
            literals > 0
            and build(lengths[:literals], LITERALS, tables[0], canonicals[0])
            and build(lengths[literals : literals + distances], DISTANCES, tables[1], canonicals[1])
        ):
            return OPEN
        return BROKEN
    return ENDED


@numba.njit(cache=True, nogil=True)
def _copy_stored(stream):  # type: ignore[no-untyped-def]
    """Copy a block that is not compressed; False if it is none."""
    held = stream[HELD]
    bits = stream[BITS] >> (held & _7)
    size = bits & _16BITS
    # Back to the byte after the size and its complement, of what was read ahead.
    position = stream[NEXT] - (held >> _3) + _4
    stream[NEXT], stream[BITS], stream[HELD] = position, _0, _0
    if size ^ ((bits >> VALUE_BIT) & _16BITS) != _16BITS:
        return False
    if position + size > stream[END] or stream[OUT] + size > stream[LIMIT]:
        return False
    for i in range(size):
        store8(stream[OUT] + i, np.uint64(load8(position + i)))
    stream[NEXT] += size
    stream[OUT] += size
    return True


@numba.njit(cache=True, nogil=True)
def _fixed(lengths):  # type: ignore[no-untyped-def]
    lengths[:144], lengths[144:256], lengths[256:280], lengths[280:288] = 8, 9, 7, 8
    lengths[288:320] = 5


@numba.njit(cache=True, nogil=True)
def _read_lengths(stream, table, canonical, lengths):  # type: ignore[no-untyped-def]
    """Read the lengths of a block's codes.

    :returns: how many there are for literals and for distances; 0, 0 if they are not sound.
    """
    position, bits, held = stream[NEXT], stream[BITS], stream[HELD]
    literals = 257 + int64(_low(bits, np.uint64(5)))
    distances = 1 + int64(_low(bits >> np.uint64(5), np.uint64(5)))
    known = 4 + int64(_low(bits >> np.uint64(10), _4))
    bits, held = bits >> np.uint64(14), held - np.uint64(14)
    of_lengths = np.zeros(_ORDER.size, np.uint8)
    for i in range(known):
        position, bits, held = _refill(position, bits, held)
        of_lengths[_ORDER[i]] = _low(bits, _3)
        bits, held = bits >> _3, held - _3
    if not build(of_lengths, LENGTHS_OF_CODES, table, canonical):
        return 0, 0
    done, all_of_them = 0, literals + distances
    while done < all_of_them:
        if position > stream[END]:
            return 0, 0
        position, bits, held = _refill(position, bits, held)
        entry = np.uint64(table[int64(bits & INDEX)])
        if entry & OTHER != _0:
            return 0, 0
        bits, held = bits >> (entry & LENGTH), held - (entry & LENGTH)
        value, repeated, further, times = int64(entry >> VALUE_BIT), 0, _0, 1
        if value < 16:
            repeated = value
        elif value == 16:
            if done == 0:
                return 0, 0
            repeated, further, times = int64(lengths[done - 1]), _2, 3
        elif value == 17:
            further, times = _3, 3
        else:
            further, times = _7, 11
        times += int64(_low(bits, further))
        bits, held = bits >> further, held - further
        if done + times > all_of_them:
            return 0, 0
        lengths[done : done + times] = repeated
        done += times
    stream[NEXT], stream[BITS], stream[HELD] = position, bits, held
    return literals, distances


@numba.njit(cache=True, nogil=True, forceinline=True)
def _other(entry, position, bits, held, out, begin, table, canonical):  # type: ignore[no-untyped-def]
    """What is no short literal: a long one, a match with what was written before, the block's end.

    :param table: address of the literals' table; ``canonical``: of their canonical code.
    :returns: position, bits, held, out, and the stream's state.
    """
    # Two codes with what follows them are 48 bits at most.
    position, bits, held = _refill(position, bits, held)
    if entry & LENGTH == _0:
        entry = long_entry(bits, LITERALS, canonical)
        if entry & LENGTH == _0:
            return position, bits, held, out, BROKEN
    bits, held = bits >> (entry & LENGTH), held - (entry & LENGTH)
    if entry & OTHER == _0:
        store8(out, entry >> VALUE_BIT)
        return position, bits, held, out + _1, OPEN
    if entry >> VALUE_BIT == _0:
        return position, bits, held, out, ENDED
    further = (entry >> FURTHER_BIT) & FURTHER
    size = (entry >> VALUE_BIT) + _low(bits, further)
    bits, held = bits >> further, held - further
    entry = np.uint64(load32(table + _TABLE + (bits & INDEX) * _4))
    if entry & LENGTH == _0:
        entry = long_entry(bits, DISTANCES, canonical + _CANONICAL)
        if entry & LENGTH == _0:
            return position, bits, held, out, BROKEN
    bits, held = bits >> (entry & LENGTH), held - (entry & LENGTH)
    further = (entry >> FURTHER_BIT) & FURTHER
    distance = (entry >> VALUE_BIT) + _low(bits, further)
    if distance > out - begin:
        return position, bits, held, out, BROKEN
    _repeat(out, distance, size)
    return position, bits >> further, held - further, out + size, OPEN


@numba.njit(cache=True, nogil=True)
def _repeat(out, distance, size):  # type: ignore[no-untyped-def]
    """Copy what was written ``distance`` bytes before."""
    if distance < _8:
        for i in range(size):
            store8(out + i, np.uint64(load8(out - distance + i)))
        return
    store64(out, load64(out - distance))
    if size > _8:
        for i in range(_8, size, _8):
            store64(out + i, load64(out - distance + i))


@numba.njit(cache=True, nogil=True)
def decode_one(stream, table, canonical):  # type: ignore[no-untyped-def]
    """Decode to the end of a block.

    :param table: address of the literals' table, with that of the distances behind it.
    :param canonical: address of the canonical codes.
    :returns: ENDED or BROKEN.
    """
    position, bits, held, out = stream[NEXT], stream[BITS], stream[HELD], stream[OUT]
    begin, end, limit = stream[BEGIN], stream[END], stream[LIMIT]
    state = OPEN
    while state == OPEN:
        if position > end or out > limit:
            state = BROKEN
            break
        position, bits, held = _refill(position, bits, held)
        entry = np.uint64(load32(table + (bits & INDEX) * _4))
        if entry & OTHER == _0:
            bits, held = bits >> (entry & LENGTH), held - (entry & LENGTH)
            store16(out, entry >> VALUE_BIT)
            out += _1 + ((entry >> TWO_BIT) & _1)
        else:
            position, bits, held, out, state = _other(
                entry, position, bits, held, out, begin, table, canonical
            )
    stream[NEXT], stream[BITS], stream[HELD], stream[OUT] = position, bits, held, out
    return state


@numba.njit(cache=True, nogil=True)
def decode_two(one, two, table, canonical):  # type: ignore[no-untyped-def]
    """Decode two streams until the first of their blocks ends.

    :param table: address of the first stream's tables, with those of the second behind them.
    :param canonical: address of the canonical codes, likewise.
    :returns: the state of both.
    """
    position1, bits1, held1, out1 = one[NEXT], one[BITS], one[HELD], one[OUT]
    position2, bits2, held2, out2 = two[NEXT], two[BITS], two[HELD], two[OUT]
    begin1, end1, limit1 = one[BEGIN], one[END], one[LIMIT]
    begin2, end2, limit2 = two[BEGIN], two[END], two[LIMIT]
    state1, state2 = OPEN, OPEN
    while state1 | state2 == OPEN:
        if position1 > end1 or out1 > limit1:
            state1 = BROKEN
            break
        if position2 > end2 or out2 > limit2:
            state2 = BROKEN
            break
        position1, bits1, held1 = _refill(position1, bits1, held1 & _HELD)
        position2, bits2, held2 = _refill(position2, bits2, held2 & _HELD)
        for _ in range(_LOOKUPS):
            entry1 = np.uint64(load32(table + (bits1 & INDEX) * _4))
            entry2 = np.uint64(load32(table + TABLES + (bits2 & INDEX) * _4))
            if (entry1 | entry2) & OTHER != _0:
                if entry1 & OTHER != _0:
                    position1, bits1, held1, out1, state1 = _other(
                        entry1, position1, bits1, held1 & _HELD, out1, begin1, table, canonical
                    )
                if entry2 & OTHER != _0:
                    position2, bits2, held2, out2, state2 = _other(
                        entry2,
                        position2,
                        bits2,
                        held2 & _HELD,
                        out2,
                        begin2,
                        table + TABLES,
                        canonical + CANONICALS,
                    )
                break
            bits1, bits2 = bits1 >> (entry1 & LENGTH), bits2 >> (entry2 & LENGTH)
            # The whole entry: only the low bits are wanted of what is left, and none borrows.
            held1, held2 = held1 - entry1, held2 - entry2
            store16(out1, entry1 >> VALUE_BIT)
            store16(out2, entry2 >> VALUE_BIT)
            out1 += _1 + ((entry1 >> TWO_BIT) & _1)
            out2 += _1 + ((entry2 >> TWO_BIT) & _1)
    one[NEXT], one[BITS], one[HELD], one[OUT] = position1, bits1, held1 & _HELD, out1
    two[NEXT], two[BITS], two[HELD], two[OUT] = position2, bits2, held2 & _HELD, out2
    return state1, state2
