"""Streams of zlib are decoded two at a time, and what is no stream harms nothing."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dias_cbm.inflate import Inflater
from dias_cbm.inflate.inflater import adler32

STRATEGIES = [
    zlib.Z_DEFAULT_STRATEGY,
    zlib.Z_FILTERED,
    zlib.Z_HUFFMAN_ONLY,
    zlib.Z_RLE,
    zlib.Z_FIXED,
]


def speckle(seed: int, pixels: int) -> bytes:
    """What a radar image is like: float32 of a few magnitudes."""
    return np.random.default_rng(seed).gamma(4, 0.01, pixels).astype(np.float32).tobytes()


def compressed(data: bytes, level: int = 6, strategy: int = 0, memory: int = 8) -> bytes:
    """As zlib does it; a small memory makes many blocks."""
    maker = zlib.compressobj(level, zlib.DEFLATED, 15, memory, strategy)
    return maker.compress(data) + maker.flush()


def decode(size: int, *streams: bytes) -> list[bytes | None]:
    """What an inflater gives for one or two streams; None for one that is not sound."""
    inflater = Inflater(size)
    for place, stream in enumerate(streams):
        inflater.room(place, len(stream))[:] = stream
    sizes = [len(stream) for stream in streams] + [0, 0]
    sound = inflater.decode(*sizes[:2])
    assert sound[len(streams) :] in ((), (False,))
    return [
        inflater.decoded(place).tobytes() if sound[place] else None for place in range(len(streams))
    ]


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Noise, repetition near and far, text of few letters, and mixtures of them."""
    pieces = st.one_of(
        st.binary(max_size=300),
        st.builds(lambda piece, times: piece * times, st.binary(max_size=9), st.integers(0, 400)),
        st.builds(speckle, st.integers(0, 99), st.integers(0, 3000)),
        st.text("ab", max_size=200).map(str.encode),
        st.builds(bytes, st.integers(0, 40_000)),
    )
    return b"".join(draw(st.lists(pieces, max_size=8)))


@given(
    payloads(),
    payloads(),
    st.integers(0, 9),
    st.sampled_from(STRATEGIES),
    st.integers(1, 9),
)
@example(speckle(1, 40_000), bytes(160_000), 6, zlib.Z_DEFAULT_STRATEGY, 8)
def test_two_streams_are_what_was_compressed(
    first: bytes, second: bytes, level: int, strategy: int, memory: int
) -> None:
    size = max(len(first), len(second))
    first, second = first.ljust(size, b"x"), second.ljust(size, b"\0")
    one, two = compressed(first, level, strategy, memory), compressed(second, 9 - level)
    assert decode(size, one, two) == [first, second]
    assert decode(size, two, one) == [second, first]
    assert decode(size, one) == [first]


def test_codes_longer_than_the_table_are_found() -> None:
    # Frequencies that double give the rarest bytes codes of 15 bits.
    data = b"".join(bytes([letter]) * (1 << max(0, 16 - letter)) for letter in range(60))
    mixed = np.random.default_rng(5).permutation(np.frombuffer(data, np.uint8)).tobytes()
    stream = compressed(mixed, strategy=zlib.Z_HUFFMAN_ONLY)
    assert decode(len(mixed), stream, stream) == [mixed, mixed]


@pytest.mark.parametrize("distance", [1, 2, 3, 7, 8, 9, 255, 32768])
def test_matches_of_every_distance_and_length(distance: int) -> None:
    seed = np.random.default_rng(distance).integers(0, 256, distance, np.uint8).tobytes()
    data = seed
    for length in (3, 4, 8, 9, 57, 258):
        data += (data[-distance:] * 300)[:length] + bytes([length % 256, distance % 251])
    assert decode(len(data), compressed(data, 9)) == [data]


@given(
    st.integers(0, 5),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), max_size=6),
    st.data(),
)
def test_a_damaged_stream_is_told_and_harms_nothing(
    seed: int, flips: list[tuple[float, int]], data: st.DataObject
) -> None:
    payload = speckle(seed, 2000) + b"abc" * 900
    stream = bytearray(compressed(payload, memory=1 + seed))
    for place, bit in flips:
        stream[round(place * (len(stream) - 1))] ^= 1 << bit
    cut = bytes(stream[: data.draw(st.integers(0, len(stream)))])
    whole = compressed(payload)
    damaged, sound = decode(len(payload), cut, whole)
    assert sound == payload
    assert damaged in (None, payload)


@given(st.binary(max_size=400), st.booleans())
def test_what_is_no_stream_is_told(noise: bytes, headed: bool) -> None:
    found = decode(1000, (b"\x78\x9c" if headed else b"") + noise, compressed(bytes(1000)))
    assert found == [None, bytes(1000)]


@pytest.mark.parametrize("size", [999, 1001, 0])
def test_another_size_is_told(size: int) -> None:
    assert decode(1000, compressed(bytes(size)), compressed(bytes(1000))) == [None, bytes(1000)]


def test_a_wrong_checksum_is_told() -> None:
    stream = compressed(b"parcel" * 500)
    assert decode(3000, stream[:-1] + bytes([stream[-1] ^ 1])) == [None]
    assert decode(3000, stream[:-1]) == [None]


def test_a_dictionary_is_not_known() -> None:
    maker = zlib.compressobj(zdict=b"parcel")
    stream = maker.compress(b"parcel" * 10) + maker.flush()
    assert decode(60, stream) == [None]


def test_nothing_is_written_beyond_the_output() -> None:
    inflater = Inflater(1000)
    bomb = compressed(bytes(10_000_000))
    inflater.room(0, len(bomb))[:] = bomb
    assert inflater.decode(len(bomb), 0) == (False, False)
    assert not inflater._target[1].any()


@given(st.binary(max_size=2000), st.integers(0, 3))
def test_the_checksum_is_zlib_s(data: bytes, times: int) -> None:
    long = data + b"\xff" * 1500 * times
    assert adler32(np.frombuffer(long, np.uint8)) == zlib.adler32(long)
