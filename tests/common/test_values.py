"""Values of recipes on pages."""

from __future__ import annotations

import pytest

from common.templatetags.values import readable


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (True, "yes"),
        (100.0, "100"),
        (0.1 + 0.2, "0.3"),
        (7, "7"),
        (["relu1_1", "relu2_1"], "relu1_1, relu2_1"),
        ({"a": 1.5, "b": None}, "a: 1.5, b: none"),
        ("noise", "noise"),
    ],
)
def test_values_are_readable(value, text):
    assert readable(value) == text
