"""Hashes of what a run was made from."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(content: Any) -> str:
    """What JSON can hold as one text, whatever the order of its keys."""
    return json.dumps(content, sort_keys=True, default=str)


def content_hash(content: Any) -> str:
    """Hash of what JSON can hold, in 16 digits."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()[:16]
