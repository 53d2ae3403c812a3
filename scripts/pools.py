"""Print Airflow's pools as JSON, for `airflow pools import`."""

import json

from dias_cbm_airflow.operators.names import POOLS

if __name__ == "__main__":
    pools = {
        name: {"slots": slots, "description": description, "include_deferred": False}
        for name, (slots, description) in POOLS.items()
    }
    print(json.dumps(pools, indent=2))
