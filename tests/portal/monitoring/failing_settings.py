"""The settings of a portal that has, besides its own pages, some that fail."""

from tests.settings import *  # noqa: F403

ROOT_URLCONF = "tests.portal.monitoring.failing_urls"
