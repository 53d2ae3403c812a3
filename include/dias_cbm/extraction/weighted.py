"""The statistics of a signature with pixels weighted by the share that a parcel covers.

count is the sum of the weights; mean and std (population) are weighted; min and max are over all
pixels touched, however little. A percentile is exactextract's, an extension of the usual
linear one: with values sorted, weights ``w[i]`` and ``W[i]`` the sum of those before, value ``i``
of ``n`` stands at ``s[i] = i * w[i] + (n - 1) * W[i]``, and the percentile ``q`` is interpolated at
``q * (n - 1) * sum(w)``. Equal weights make it numpy's. Among equal values lighter pixels come
first, so that the result does not depend on the order in which pixels were read.
"""

from __future__ import annotations

import numba
import numpy as np

from dias_cbm.extraction.statistics import COUNT, MAX, MEAN, MIN, P25, STD


@numba.njit(cache=True, nogil=True)
def summarise_weighted(values, weights, slots, sizes, nodata, parcels, result):  # type: ignore[no-untyped-def]
    """As ``statistics.summarise``, with weights.

    :param weights: float32[1, capacity], of all bands.
    """
    largest = sizes.max() if sizes.size else 0
    own = np.empty(largest, weights.dtype)
    for d in range(slots.size):
        begin, end = slots[d], slots[d] + sizes[d]
        for band in range(values.shape[0]):
            pixels, shares = values[band, begin:end], own[: sizes[d]]
            shares[:] = weights[0, begin:end]
            n = _keep_valid(pixels, shares, nodata[band])
            _describe(pixels[:n], shares[:n], result[band, parcels[d]])


@numba.njit(cache=True, nogil=True)
def _keep_valid(pixels, weights, missing):  # type: ignore[no-untyped-def]
    """Move the pixels that are finite and not ``missing`` to the front; returns their number."""
    end = 0
    for i in range(pixels.size):
        value = pixels[i]
        pixels[end], weights[end] = value, weights[i]
        end += (value - value == 0) & (value != missing)
    return end


@numba.njit(cache=True, nogil=True)
def _describe(pixels, weights, result):  # type: ignore[no-untyped-def]
    result[COUNT] = 0
    result[MEAN:] = np.nan
    if pixels.size == 0:
        return
    _sort(pixels, weights)
    count = total = squares = 0.0
    for i in range(pixels.size):
        count += weights[i]
        total += np.float64(weights[i]) * pixels[i]
    mean = total / count
    for i in range(pixels.size):
        deviation = pixels[i] - mean
        squares += weights[i] * deviation * deviation
    result[COUNT] = count
    result[MEAN] = mean
    result[STD] = np.sqrt(squares / count)
    result[MIN] = pixels[0]
    result[MAX] = pixels[-1]
    _percentiles(pixels, weights, count, result)


@numba.njit(cache=True, nogil=True)
def _percentiles(pixels, weights, count, result):  # type: ignore[no-untyped-def]
    last = pixels.size - 1
    wanted = 0
    before = place = 0.0
    for i in range(last):
        before += weights[i]
        following = (i + 1) * np.float64(weights[i + 1]) + last * before
        while wanted < 3 and 0.25 * (wanted + 1) * last * count < following:
            part = (0.25 * (wanted + 1) * last * count - place) / (following - place)
            value = np.float64(pixels[i])
            result[P25 + wanted] = value + part * (np.float64(pixels[i + 1]) - value)
            wanted += 1
        place = following
    for quartile in range(wanted, 3):
        result[P25 + quartile] = pixels[last]


@numba.njit(cache=True, nogil=True)
def _sort(pixels, weights):  # type: ignore[no-untyped-def]
    """Shell sort by value, then weight."""
    gap = pixels.size // 2
    while gap > 0:
        for i in range(gap, pixels.size):
            pixel, weight = pixels[i], weights[i]
            j = i
            while j >= gap and (
                pixels[j - gap] > pixel or (pixels[j - gap] == pixel and weights[j - gap] > weight)
            ):
                pixels[j], weights[j] = pixels[j - gap], weights[j - gap]
                j -= gap
            pixels[j], weights[j] = pixel, weight
        gap = 1 if gap == 2 else gap * 5 // 11
