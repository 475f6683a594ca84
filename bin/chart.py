"""`python -m bin.chart`: lints the Helm chart and validates what it renders against the schemas of Kubernetes.

`--values FILE` prints the objects that these values render, as JSON. Everything happens without a cluster or a network.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[1]
CHART: Final = ROOT / "deploy" / "helm" / "billing-portal"
# The oldest version that Chart.yaml accepts, and the newest that has schemas here.
VERSIONS: Final = ("1.29", "1.37")
_WARNING: Final = 2


def render(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects. Raise HelmError if the values are not those of values.schema.json."""
    import helm_python

    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(values)
        texts = chart.render(values, name="portal", namespace="billing")
    return [one for text in texts.values() for one in yaml.safe_load_all(text) if one]


def problems(values: dict[str, Any]) -> list[str]:
    """Return what Helm's linter or the schemas say against the chart with these values."""
    import helm_python
    import kubernetes_validate

    report = helm_python.lint(CHART, values, strict=True)
    found = [*report["errors"], *(one["error"] for one in report["messages"] if one["severity"] >= _WARNING)]
    for one in render(values):
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(one, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                found.append(f"Kubernetes {version}, {one['kind']} {one['metadata']['name']}: {error}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=Path)
    chosen = parser.parse_args().values
    if chosen:
        print(json.dumps(render(yaml.safe_load(chosen.read_text()))))
        return 0
    try:
        import helm_python  # noqa: F401
    except ModuleNotFoundError:
        print("The Helm chart was not checked: helm-python-sdk has no wheel for this machine.")
        return 0
    found = [
        f"{path.name}: {one}"
        for path in sorted((CHART / "ci").iterdir())
        for one in problems(yaml.safe_load(path.read_text()))
    ]
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
