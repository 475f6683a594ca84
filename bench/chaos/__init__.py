"""The production topology with faults under load: `python -m bench.chaos`. docs/operations.md explains its table."""
