"""Django with no middleware but the one that answers /healthz."""

from __future__ import annotations

from bench.peers.naive_settings import *  # noqa: F403

MIDDLEWARE = ["portal.health.HealthMiddleware"]
ROOT_URLCONF = "bench.peers.django_views"
