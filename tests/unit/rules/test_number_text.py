from __future__ import annotations

import pytest

from dias_cbm.rules.number_text import number_text


@pytest.mark.parametrize(
    ("value", "limits", "text"),
    [
        (0.0663903, [0, 0.75], "0.0664"),
        (0.75, [0.75], "0.75"),
        (0.75004, [0.75], "0.75004"),
        (-0.0004, [0], "-0.0004"),
        (12345.6, [1000], "12345.6"),
        (999.7, [], "999.7"),
        (0.369137, [float("-inf"), 0.75], "0.369"),
    ],
)
def test_three_digits_that_stay_on_their_side(value: float, limits: list[float], text: str) -> None:
    assert number_text(value, limits) == text
