"""Workspaces and organizations."""
