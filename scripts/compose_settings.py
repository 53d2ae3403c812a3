"""Write the list of settings in docker-compose.yaml anew, after one was added."""

import re
from pathlib import Path

from dias_cbm.config.settings import defaults
from dias_cbm.config.values import PREFIX

FILE = Path(__file__).resolve().parents[1] / "docker-compose.yaml"
#: Settings that the file gives a value of its own.
DECIDED = {"AIRFLOW_URL", "DATABASE_URL", "MAIL_TO"}

names = sorted({name.upper() for name in defaults()} - DECIDED)
block = "".join(f"    {PREFIX}{name}:\n" for name in names)
text, changes = re.subn(rf"(    {PREFIX}[A-Z0-9_]+:\n)+", block, FILE.read_text())
if changes != 1:
    raise SystemExit(f"{FILE.name}: found {changes} lists of settings instead of one")
FILE.write_text(text)
