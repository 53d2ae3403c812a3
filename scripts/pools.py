"""Airflow's pools: printed as JSON, or with ``--set`` brought into Airflow's database.

A pool that exists keeps its size, which is set in Airflow's pages, unless the setting with its
slots is given.
"""

from __future__ import annotations

import json
import sys

from dias_cbm.installation.airflow_names import pools, pools_to_set


def bring() -> list[str]:
    """Create the pools that Airflow's database lacks, and set those that are settings.

    :returns: their names.
    """
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        there = {str(pool.pool): pool for pool in session.scalars(select(Pool))}
        chosen = pools_to_set(there)
        for name, (slots, description) in chosen.items():
            if name in there:
                there[name].slots = slots
            else:
                session.add(
                    Pool(pool=name, slots=slots, description=description, include_deferred=False)
                )
    return list(chosen)


if __name__ == "__main__":
    if sys.argv[1:] == ["--set"]:
        print("pools set:", ", ".join(bring()) or "none, all exist")
    else:
        found = {
            name: {"slots": slots, "description": description, "include_deferred": False}
            for name, (slots, description) in pools().items()
        }
        print(json.dumps(found, indent=2))
