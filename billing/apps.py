"""The billing application."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Registers the system checks and connects sign-in and sign-out to the audit, our only signals."""

    name = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from billing import checks, signals  # noqa: F401 - they register themselves
