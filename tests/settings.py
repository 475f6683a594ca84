"""The portal's settings, but for one that makes every sign-in cost half a second of computing."""

from portal.settings import *  # noqa: F403

# https://docs.djangoproject.com/en/5.2/topics/testing/overview/#password-hashing
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
