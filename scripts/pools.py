"""Airflow's pools: printed as JSON, or with ``--create`` those that are missing are created.

A pool that exists keeps its size: that is set in Airflow's pages.
"""

from __future__ import annotations

import json
import sys

from dias_cbm_airflow.operators.names import POOLS


def create() -> list[str]:
    """Create the pools that Airflow's database lacks; returns their names."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    with create_session() as session:
        missing = [name for name in POOLS if Pool.get_pool(name, session=session) is None]
        for name in missing:
            slots, description = POOLS[name]
            pool = Pool(pool=name, slots=slots, description=description, include_deferred=False)
            session.add(pool)
    return missing


if __name__ == "__main__":
    if sys.argv[1:] == ["--create"]:
        print("pools created:", ", ".join(create()) or "none, all exist")
    else:
        pools = {
            name: {"slots": slots, "description": description, "include_deferred": False}
            for name, (slots, description) in POOLS.items()
        }
        print(json.dumps(pools, indent=2))
