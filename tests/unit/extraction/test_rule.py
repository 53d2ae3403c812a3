"""Settings of extraction that would change numbers are checked before any number is computed."""

import pytest

from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError
from dias_cbm.extraction.rule import Rule, parse_rule


@pytest.mark.parametrize("rule", list(Rule))
def test_the_rules_that_there_are(rule: Rule) -> None:
    assert settings({"CBM_EXTRACTION_PIXEL_RULE": rule.value}).extraction.pixel_rule == rule
    assert parse_rule(str(rule)) is rule


@pytest.mark.parametrize("rule", ["all_touched", "Centre", ""])
def test_another_rule_is_refused(rule: str) -> None:
    with pytest.raises(SettingsError, match=r"is not available \(use centre or coverage\)"):
        settings({"CBM_EXTRACTION_PIXEL_RULE": rule})
    with pytest.raises(SettingsError, match=r"unknown rule \(use centre or coverage\)"):
        parse_rule(rule)


@pytest.mark.parametrize(
    ("rule", "buffer", "clear", "name"),
    [
        (Rule.CENTRE, 0, False, "centre"),
        (Rule.CENTRE, 10, False, "centre-10m"),
        (Rule.COVERAGE, 0, True, "coverage+clear"),
        (Rule.COVERAGE, 2.5, True, "coverage-2.5m+clear"),
    ],
)
def test_records_name_all_that_decides_which_pixels_count(
    rule: Rule, buffer: float, clear: bool, name: str
) -> None:
    assert rule.name_with(inner_buffer_m=buffer, clear=clear) == name
    assert rule.name_with(inner_buffer_m=buffer, clear=clear, seen=True) == f"{name}+seen"


@pytest.mark.parametrize("classes", ["4,12", "4,-1", "clear"])
def test_clear_classes_that_are_no_classes_are_refused(classes: str) -> None:
    with pytest.raises(SettingsError, match="CBM_EXTRACTION_CLEAR_CLASSES"):
        settings({"CBM_EXTRACTION_CLEAR_CLASSES": classes})


@pytest.mark.parametrize("name", ["CBM_EXTRACTION_INNER_BUFFER_M", "CBM_EXTRACTION_MINIMUM_PIXELS"])
def test_negative_limits_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="out of range"):
        settings({name: "-1"})
