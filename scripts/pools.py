"""Print the pools that a start has to set in Airflow, as JSON for `airflow pools import`.

Argument: the file of `airflow pools export`. A pool that is there stays as it is, unless the
setting with its slots is given.
"""

import json
import sys
from pathlib import Path

from dias_cbm.installation.airflow_names import pools, pools_to_set

if __name__ == "__main__":
    there = json.loads(Path(sys.argv[1]).read_text()) if sys.argv[1:] else None
    chosen = pools() if there is None else pools_to_set(there)
    found = {
        name: {"slots": slots, "description": description, "include_deferred": False}
        for name, (slots, description) in chosen.items()
    }
    print(json.dumps(found, indent=2))
