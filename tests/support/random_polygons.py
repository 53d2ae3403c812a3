"""Random polygons in pixels, for properties of everything that fills them."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from hypothesis import reject
from hypothesis import strategies as st

halves = st.integers(-6, 30).map(lambda n: n / 2)
anywhere = st.floats(-4, 16, allow_nan=False, width=32)


@st.composite
def rings(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Vertices in pixels, on pixel centres and edges as often as anywhere; may cross itself."""
    number = draw(st.sampled_from([halves, anywhere]))
    return draw(st.lists(st.tuples(number, number), min_size=3, max_size=9))


def united(polygons: Sequence[shapely.Polygon]) -> shapely.Geometry:
    """The union of polygons that may be invalid; those that GEOS cannot mend are not used."""
    try:
        return shapely.unary_union([shapely.make_valid(polygon) for polygon in polygons])
    except shapely.errors.GEOSException:
        reject()
