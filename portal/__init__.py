"""The building: settings, addresses, health. The work itself is in `billing`."""

__version__ = "0.1.0"
