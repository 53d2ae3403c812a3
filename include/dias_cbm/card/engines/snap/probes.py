"""Probes of SNAP for ``cbm card doctor``: what is installed."""

from __future__ import annotations

from dias_cbm.card.engines.registry import Finding
from dias_cbm.card.engines.snap import snappy
from dias_cbm.card.engines.snap.gpt import HOW_TO_GET_IT, Gpt, find_gpt
from dias_cbm.card.engines.snap.operators import OPERATORS
from dias_cbm.errors import CardFailed


def probe() -> list[Finding]:
    """The command, each operator of our graphs, and esa_snappy."""
    program = find_gpt()
    if program is None or not program.is_file():
        missing = f"{program} does not exist: " if program else ""
        return [Finding("gpt", None, f"{missing}{HOW_TO_GET_IT}"), _snappy()]
    gpt = Gpt(program)
    try:
        version = gpt.version()
    except CardFailed as error:
        return [Finding("gpt", None, str(error)), _snappy()]
    findings = [Finding("gpt", f"{program}, SNAP {version or 'of unknown version'}")]
    return [*findings, *(_operator(gpt, name) for name in OPERATORS), _snappy()]


def _operator(gpt: Gpt, name: str) -> Finding:
    try:
        known = gpt.parameters(name)
    except CardFailed as error:
        return Finding(name, None, f"install the Microwave Toolbox into SNAP: {error}")
    missing = sorted(OPERATORS[name].known - known)
    if missing:
        return Finding(name, None, f"this version lacks its parameters {', '.join(missing)}")
    return Finding(name, f"{len(known)} parameters")


def _snappy() -> Finding:
    """Whether esa_snappy works. It is not needed, but its configuration says where SNAP is."""
    found = snappy.state()
    return Finding("esa_snappy", found.version, found.hint, needed=False)
