"""The Django applications of billing."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class BillingConfig(AppConfig):
    default = True
    name = "billing"
    verbose_name = "Billing"

    def ready(self) -> None:
        from billing import checks, signals  # noqa: F401 - importing them registers them


class BillingAdminConfig(admin.AdminConfig):
    default = False
    default_site = "billing.admin_site.BillingAdminSite"
