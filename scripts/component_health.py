"""Exit 0 if an Airflow component is healthy: component_health.py COMPONENT [API_URL].

For health checks of containers: it asks the api-server, because `airflow jobs check` takes ten
seconds of CPU each time.
"""

import json
import sys
import urllib.request


def healthy(component: str, url: str) -> bool:
    """Whether the api-server reports the component as healthy."""
    with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=10) as reply:  # noqa: S310
        report = json.load(reply)
    return (report.get(component) or {}).get("status") == "healthy"


if __name__ == "__main__":
    address = sys.argv[2] if len(sys.argv) > 2 else "http://api-server:8080"
    sys.exit(0 if healthy(sys.argv[1], address) else 1)
