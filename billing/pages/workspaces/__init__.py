"""Pages of workspaces, members and organizations."""
