"""Logs: one JSON object for each event, or one line of text. The audit log has a stream of its own."""
