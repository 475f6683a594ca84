"""What the portal is compared with. Each module is one peer."""
