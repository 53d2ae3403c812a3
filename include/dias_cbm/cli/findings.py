"""Findings about an installation as lines of text or as JSON."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dias_cbm.installation.findings import Finding


def line(finding: Finding) -> str:
    """One line: the part, its state, what was found, what to do."""
    todo = f" -> {finding.todo}" if finding.todo else ""
    return f"{finding.state:12} {finding.what}: {finding.detail}{todo}"


def plain(findings: Collection[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON objects; figures only where something was counted."""
    found = [asdict(one) for one in findings]
    for one in found:
        if not one["figures"]:
            del one["figures"]
    return found
