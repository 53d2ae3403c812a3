"""The first login of Airflow's simple auth manager: admin_login.py FILE.

Airflow makes up a password that is missing, and prints it into its log; so it is made up before.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path


def make(file: Path, user: str = "admin") -> bool:
    """Write a password for a user into a file that only its owner may read.

    :returns: whether there was none.
    """
    known = json.loads(file.read_text() or "{}") if file.exists() else {}
    if user in known:
        return False
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        json.dump(known | {user: secrets.token_urlsafe(18)}, output)
    new.replace(file)
    return True


if __name__ == "__main__":
    print(f"login of admin: {'created' if make(Path(sys.argv[1])) else 'exists'} in {sys.argv[1]}")
