"""Pages and downloads of the audit log."""
