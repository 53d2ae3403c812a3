from __future__ import annotations

import subprocess
import sys

from airflow_environment import ROOT

from dias_cbm_airflow.operators import names


def test_pools_have_slots_and_a_description() -> None:
    for name, (slots, description) in names.POOLS.items():
        assert name.startswith("cbm_")
        assert slots > 0
        assert description


def test_tags_are_plain_strings_with_the_common_one_first() -> None:
    assert names.tags(names.Tag.GAPS) == ["cbm", "gaps"]
    assert all(type(tag) is str for tag in names.tags(*names.Tag))


def test_whoever_sets_airflow_up_can_read_the_names_without_importing_it() -> None:
    code = "import sys, dias_cbm_airflow.operators.names; sys.exit('airflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
