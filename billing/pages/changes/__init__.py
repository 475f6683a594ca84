"""Pages that review and send a change."""
