"""The metrics for Prometheus at /metrics. `billing.metrics` defines what is counted while requests run."""
