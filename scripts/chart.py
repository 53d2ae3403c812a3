"""Render Airflow's chart with values of ours, and check each object against Kubernetes' schemas.

``chart.py CHART VALUES...``: without a cluster and without helm; the folder CHART is the official
chart, unpacked. Needs ``helm-python-sdk`` and ``kubernetes-validate``: ``make chart`` has them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml


def rendered(chart: Path, values: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a chart: the template that it comes from, and the object."""
    import helm_python

    with helm_python.Chart.load(str(chart)) as loaded:
        texts = loaded.render(values, name="cbm", namespace="cbm")
    for name, text in sorted(texts.items()):
        if name.endswith((".yaml", ".yml")):
            for found in yaml.safe_load_all(text):
                if isinstance(found, dict) and "kind" in found:
                    yield name, found


def problems(name: str, found: Mapping[str, Any], version: str) -> Iterator[str]:
    """What Kubernetes would refuse in an object, and what no installation should have."""
    import kubernetes_validate

    where = f"{name}: {found['kind']} {found.get('metadata', {}).get('name')}"
    try:
        kubernetes_validate.validate(found, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = "/".join(map(str, error.path))
        yield f"{where}: {error.message[:200]} at {place}"
    except kubernetes_validate.SchemaNotFoundError:
        yield f"{where}: Kubernetes {version} does not know {found.get('apiVersion')}"
    text = yaml.safe_dump(dict(found))
    # The command of the chart's sidecars, and the logins that it makes by default.
    for word in ("/clean-logs", "users create", "postgres:postgres"):
        if word in text:
            yield f"{where}: has {word!r}"


def check(chart: Path, files: list[Path]) -> bool:
    """Print what each file of values gives; whether all of it is good."""
    import kubernetes_validate

    version, good = kubernetes_validate.latest_version(), True
    for file in files:
        kinds: Counter[str] = Counter()
        wrong: list[str] = []
        for name, found in rendered(chart, yaml.safe_load(file.read_text())):
            kinds[found["kind"]] += 1
            wrong += problems(name, found, version)
        listed = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        print(f"{file.name}, Kubernetes {version}: {listed or 'nothing'}")
        print("\n".join(f"  {one}" for one in wrong) or "  all valid")
        # A chart that renders next to nothing has been told of another version of Airflow.
        if kinds["Deployment"] < 3:
            wrong.append("too little")
            print("  fewer than three Deployments: does the chart know this version of Airflow?")
        good = good and not wrong
    return good


if __name__ == "__main__":
    chart, *values = map(Path, sys.argv[1:])
    sys.exit(not check(chart, values))
