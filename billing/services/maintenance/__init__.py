"""Operator jobs: key rotation and audit retention."""
