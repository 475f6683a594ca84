"""The pages that divide a bill among organizations."""
