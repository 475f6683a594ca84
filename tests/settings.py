"""The portal's settings with a fast password hasher, because the secure one takes half a second for each sign-in."""

from portal.settings import *  # noqa: F403

# https://docs.djangoproject.com/en/5.2/topics/testing/overview/#password-hashing
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
