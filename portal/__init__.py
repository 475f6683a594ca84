"""Settings, URLs, health checks and logging. The application is in `billing`."""

__version__ = "0.1.0"
