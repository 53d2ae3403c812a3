"""A forest of decision trees that LightGBM has grown, evaluated many pixels at a time.

It gives LightGBM's own numbers in an eighth of its time. LightGBM takes one pixel after the other
through all trees, each step of which waits for the one before. Here a tree divides a block of
pixels into those to the left and those to the right of its root, divides these again, and so on to
the leaves. As LightGBM has sorted each feature into at most 256 bins before it grew the trees, the
number of the bin stands for the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.errors import CardFailed

#: Most bins that LightGBM sorts a feature into.
_MOST_BINS = 256
#: Pixels taken at once, at most 65,536: fewer leave little to divide, more leave the cache.
_BLOCK = 30_000
#: Numerical split, the left child for values up to and including the threshold, no missing values.
_DECISION_TYPE = 2
_ARRAYS = ("split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value")


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees as one list of nodes; a leaf is its own child on both sides.

    :param roots: place of each tree's root, and the end.
    :param feature: that a node looks at.
    :param bin: last one of that feature's on the left.
    :param children: left and right child of each node.
    :param value: of leaves; 0 elsewhere.
    :param edges: features x 255: the upper end of each bin but the last, ascending, then infinity.
    """

    roots: NDArray[np.uint64]
    feature: NDArray[np.uint64]
    bin: NDArray[np.uint8]
    children: NDArray[np.uint64]
    value: NDArray[np.float64]
    edges: NDArray[np.float32]

    @classmethod
    def read(cls, path: Path) -> Forest:
        """Read a binary classifier from LightGBM's text file.

        :raises CardFailed: it is not a model of this kind.
        """
        try:
            trees = _trees(path)
            return cls._joined(trees, 1 + max(int(tree["split_feature"].max()) for tree in trees))
        except (OSError, KeyError, ValueError) as error:
            raise CardFailed(
                f"cannot be used as a model of clouds: {error}", subject=path
            ) from error

    @classmethod
    def _joined(cls, trees: Sequence[dict[str, NDArray[np.float64]]], features: int) -> Forest:
        sizes = [len(tree["threshold"]) + len(tree["leaf_value"]) for tree in trees]
        roots = np.cumsum([0, *sizes])
        feature = np.zeros(roots[-1], np.uint8)
        threshold = np.full(roots[-1], np.inf, np.float32)
        children = np.repeat(np.arange(roots[-1])[:, None], 2, axis=1)
        value = np.zeros(roots[-1])
        for tree, (root, end) in zip(trees, pairwise(roots), strict=True):
            inner = slice(root, root + len(tree["threshold"]))
            leaves = slice(inner.stop, end)
            feature[inner] = tree["split_feature"]
            threshold[inner] = _as_float32(tree["threshold"])
            value[leaves] = tree["leaf_value"]
            sides = np.stack([tree["left_child"], tree["right_child"]], axis=1).astype(int)
            # LightGBM counts leaves downwards from -1.
            children[inner] = np.where(sides < 0, leaves.start - 1 - sides, root + sides)
        edges = np.full((features, _MOST_BINS - 1), np.inf, np.float32)
        bins = np.zeros(roots[-1], np.uint8)
        for one in range(features):
            here = (feature == one) & np.isfinite(threshold)
            ends, bins[here] = np.unique(threshold[here], return_inverse=True)
            if len(ends) >= _MOST_BINS:
                raise ValueError("has more bins than LightGBM makes by default")
            edges[one, : len(ends)] = ends
        # Unsigned, since a compiled index that may be negative costs half of the time.
        numbers = (array.astype(np.uint64) for array in (roots, feature, children))
        roots, feature, children = numbers
        return cls(roots, feature, bins, children, value, edges)

    def probability(self, pixels: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probability of the class.

        :param pixels: features x pixels, without NaN.
        """
        total = np.zeros(pixels.shape[1])
        for first in range(0, len(total), _BLOCK):
            block = slice(first, first + _BLOCK)
            bins = np.empty(pixels[:, block].shape, np.uint8)
            for values, edges, into in zip(pixels[:, block], self.edges, bins, strict=True):
                _sort(values, edges, into)
            _add(bins, self.roots, self.feature, self.bin, self.children, self.value, total[block])
        return np.asarray(1 / (1 + np.exp(-total)))


def _trees(path: Path) -> list[dict[str, NDArray[np.float64]]]:
    trees: list[dict[str, NDArray[np.float64]]] = []
    with path.open() as lines:
        for line in lines:
            name, _, values = line.rstrip("\n").partition("=")
            if name == "Tree":
                trees.append({})
            elif trees and name in _ARRAYS:
                trees[-1][name] = np.array(values.split(), float)
            elif name == "objective" and values != "binary sigmoid:1":
                raise ValueError(f"its objective is {values}, not binary sigmoid:1")
    if not trees:
        raise ValueError("has no trees")
    if any((tree["decision_type"] != _DECISION_TYPE).any() for tree in trees):
        raise ValueError("has splits that are not numerical")
    return trees


def _as_float32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 not above each value, which divides values of float32 in the same way."""
    near = values.astype(np.float32)
    return np.where(near > values, np.nextafter(near, np.float32(-np.inf)), near)


@njit(cache=True, nogil=True)
def _sort(values: np.ndarray, edges: np.ndarray, bins: np.ndarray) -> None:
    """The bin of each value: the number of edges below it, by bisection."""
    for at in range(len(values)):
        value, below = values[at], 0
        for step in (128, 64, 32, 16, 8, 4, 2, 1):
            below += step * (edges[below + step - 1] < value)
        bins[at] = below


@njit(cache=True, nogil=True)
def _add(
    bins: np.ndarray,
    roots: np.ndarray,
    feature: np.ndarray,
    limit: np.ndarray,
    children: np.ndarray,
    value: np.ndarray,
    total: np.ndarray,
) -> None:
    """Add the value of the leaf that each pixel reaches in each tree.

    :param bins: features x pixels.
    """
    zero, one, count = np.uint64(0), np.uint64(1), np.uint64(bins.shape[1])
    pixels, right = np.empty(count, np.uint16), np.empty(count, np.uint16)
    # Parts still to divide: their node, and where their pixels begin and end.
    waiting = np.empty((np.diff(roots).max(), np.uint64(3)), np.uint64)
    for tree in range(len(roots) - 1):
        for at in range(count):
            pixels[at] = at
        waiting[0, 0], waiting[0, 1], waiting[0, 2] = roots[tree], zero, count
        left_over = one
        while left_over > zero:
            left_over -= one
            node, begin, end = waiting[left_over]
            left = children[node, 0]
            if left == node:
                for at in range(begin, end):
                    total[pixels[at]] += value[node]
                continue
            values, last = bins[feature[node]], limit[node]
            middle, aside = begin, zero
            for at in range(begin, end):
                # Written to both sides, and counted on one: faster than a branch.
                pixel = pixels[at]
                pixels[middle] = pixel
                right[aside] = pixel
                over = np.uint64(values[pixel] > last)
                middle += one - over
                aside += over
            for at in range(aside):
                pixels[middle + at] = right[at]
            if middle > begin:
                part = waiting[left_over]
                part[0], part[1], part[2] = left, begin, middle
                left_over += one
            if aside > zero:
                part = waiting[left_over]
                part[0], part[1], part[2] = children[node, 1], middle, end
                left_over += one
