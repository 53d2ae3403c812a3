"""The rule file of examples that this library ships: schemes of several countries."""

from __future__ import annotations

from pathlib import Path

#: To be copied and changed: names of crops and attributes are an agency's own.
EXAMPLES = Path(__file__).with_name("examples.toml")
