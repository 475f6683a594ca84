"""The settings, which are the only code that reads the environment. `.env.example` explains each variable.

https://docs.djangoproject.com/en/5.2/ref/settings/
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal import __version__
from portal.application import INSTALLED_APPS, MIDDLEWARE, TEMPLATES  # noqa: F401 - settings
from portal.environment import NamedEnv
from portal.logs.configuration import configure_logs
from portal.logs.lines import FORMATS
from portal.rest_framework import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = NamedEnv()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")  # environment variables take precedence over the file

# --- Environment variables -----------------------------------------------------------------------------------
SECRET_KEY = env.required("SECRET_KEY")
DEBUG = env.boolean("DEBUG", default=False)
HTTPS_ONLY = env.boolean("HTTPS_ONLY", default=not DEBUG)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'var' / 'portal.sqlite3'}")
}
CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://")}
SSO_MAX_AGE_DAYS = env.integer("SSO_MAX_AGE_DAYS", at_least=1, default=30)
SESSION_IDLE_MINUTES = env.duration("SESSION_IDLE_MINUTES", at_most=1440, default=60)
SESSION_MAX_HOURS = env.duration("SESSION_MAX_HOURS", at_most=168, default=12)
STEP_UP_MINUTES = env.duration("STEP_UP_MINUTES", at_most=1440, default=30)
DIRECTORY_MINUTES = env.duration("DIRECTORY_MINUTES", at_most=1440, default=15)
EXPORT_HOURS = env.duration("EXPORT_HOURS", at_most=168, default=24)
DEMO = env.boolean("DEMO", default=False)
LOCAL_LOGIN = env.boolean("LOCAL_LOGIN", default=DEBUG or DEMO)
LOG_LEVEL = env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO")
LOG_FORMAT = env.one_of("LOG_FORMAT", FORMATS, default="text" if DEBUG else "json")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")
METRICS_KEY: str = env.str("METRICS_KEY", default="").strip()
# Both need requirements-extras.txt.
SENTRY_DSN = env.web_address("SENTRY_DSN", needs_key=True)
OTEL_EXPORTER_OTLP_ENDPOINT = env.web_address("OTEL_EXPORTER_OTLP_ENDPOINT")

# The server: `bin/serve`.
HOST: str = env.str("HOST", default="127.0.0.1")
PORT = env.integer("PORT", at_least=1, default=8000)
WEB_CONCURRENCY = env.integer("WEB_CONCURRENCY", at_least=1, default=2)
DRAIN_SECONDS = env.integer("DRAIN_SECONDS", at_least=0, default=5)
WEB_THREADS = env.integer("WEB_THREADS", at_least=8, default=256)

# Tasks run in the portal's own processes without a broker.
CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL")
# The worker: `bin/worker`.
WORKER_CONCURRENCY = env.integer("WORKER_CONCURRENCY", at_least=1, default=2)
AUDIT_HEAD_FILE: str = env.str("AUDIT_HEAD_FILE", default="").strip()

# billing.checks validates the following variables.
ALTOSTRAT_API_URL: str = env.str("ALTOSTRAT_API_URL", default="https://v1.api.altostrat.io")
ALTOSTRAT_CONNECT_TIMEOUT = env.seconds("ALTOSTRAT_CONNECT_TIMEOUT", default=3)
ALTOSTRAT_READ_TIMEOUT = env.seconds("ALTOSTRAT_READ_TIMEOUT", default=10)
ALTOSTRAT_DEADLINE = env.seconds("ALTOSTRAT_DEADLINE", default=15)
ALTOSTRAT_CA_BUNDLE: str = env.str("ALTOSTRAT_CA_BUNDLE", default="")
ALTOSTRAT_MAX_BODY_BYTES = env.integer("ALTOSTRAT_MAX_BODY_BYTES", at_least=1024, default=10 * 1024 * 1024)
ALTOSTRAT_MAX_FILE_BYTES = env.integer("ALTOSTRAT_MAX_FILE_BYTES", at_least=1024, default=100 * 1024 * 1024)
ALTOSTRAT_REQUESTS_PER_MINUTE = env.integer("ALTOSTRAT_REQUESTS_PER_MINUTE", at_least=0, default=60)
API_REQUESTS_PER_MINUTE = env.integer("API_REQUESTS_PER_MINUTE", at_least=0, default=600)
API_REQUIRE_IF_MATCH = env.boolean("API_REQUIRE_IF_MATCH", default=False)
API_ALLOW_UNKNOWN_FIELDS = env.boolean("API_ALLOW_UNKNOWN_FIELDS", default=False)
MASKED_ROLES: list[str] = env.list("MASKED_ROLES", default=[])
# Mail is off without an address.
EMAIL_URL: str = env.str("EMAIL_URL", default="").strip()
# Not EMAIL_HOST and so on, which Django replaces by MAILERS: https://docs.djangoproject.com/en/dev/ref/settings/
MAIL_SERVER = env.mail("EMAIL_URL")
MAIL_TIMEOUT = env.seconds("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", default="").strip()
PORTAL_URL: str = env.str("PORTAL_URL", default="").strip().rstrip("/")
KEEP_COPY_HOURS = env.integer("KEEP_COPY_HOURS", at_least=0, default=24)
VAULT_KEYS: str = env.str("VAULT_KEYS", default="")

# Single sign-on is off without an issuer. billing.checks validates these variables.
OIDC_ISSUER: str = env.str("OIDC_ISSUER", default="").strip()
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="").strip()
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="").strip()  # from a file with a line break
OIDC_SCOPES: str = env.str("OIDC_SCOPES", default="openid profile email")
OIDC_GROUPS_CLAIM: str = env.str("OIDC_GROUPS_CLAIM", default="groups")
OIDC_ROLE_MAP: str = env.str("OIDC_ROLE_MAP", default="")
OIDC_TRUST_EMAIL = env.boolean("OIDC_TRUST_EMAIL", default=False)
OIDC_API_AUDIENCE: str = env.str("OIDC_API_AUDIENCE", default="").strip()
OIDC_LABEL: str = env.str("OIDC_LABEL", default="Sign in with SSO")

if not all(origin.startswith(("https://", "http://")) for origin in CSRF_TRUSTED_ORIGINS):
    raise ImproperlyConfigured("CSRF_TRUSTED_ORIGINS must list origins such as https://billing.example")

# --- The application -----------------------------------------------------------------------------------------
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MESSAGE_STORAGE = "billing.pages.frame.cookies.MessageStorage"
PORTAL_VERSION = __version__
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False  # the interface is in English only; translation costs a tenth of a page

# --- Static files --------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "portal.frontend.NodePackageFinder",
    "billing.pages.rendering.sprite.SpriteFinder",
]
_HASHED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_STATIC_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else _HASHED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC_FILES},
}
WHITENOISE_ROOT = STATICFILES_DIRS[0] / "root"  # served at /, such as /favicon.ico

# --- Authentication ------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "billing.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
    ),
    {"NAME": "billing.services.people.password_words.ContextWordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"

# Ten wrong passwords for one name from one address block further attempts for 15 minutes.
AXES_HANDLER = "billing.services.sign_in.lockout_handler.LockoutHandler"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "portal.middleware.client_address"
AXES_LOCKOUT_CALLABLE = "billing.pages.sign_in.password.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # its tables are empty with a cache handler
SILENCED_SYSTEM_CHECKS = [
    "axes.W001",  # the in-process cache counts per process; README.md asks for CACHE_URL with several processes
    "axes.W006",  # it recommends blocking addresses, but a whole company may share one
]

# --- Browser security ----------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS_ONLY
SECURE_HSTS_PRELOAD = HTTPS_ONLY
# Browsers then accept the cookies only from this host, over HTTPS.
COOKIE_PREFIX = "__Host-" if HTTPS_ONLY else ""
SESSION_ENGINE = "billing.services.sign_in.session_store"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = HTTPS_ONLY
# One hour longer than billing.services.sign_in.sessions allows, so that it can end and record the session.
SESSION_COOKIE_AGE = int((SESSION_MAX_HOURS + 1) * 3600)
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = HTTPS_ONLY
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "billing.pages.frame.errors.csrf_failure"
# Tracebacks show no variables, because they may hold a token.
DEFAULT_EXCEPTION_REPORTER_FILTER = "portal.errors.NoVariablesFilter"

# --- Logs ----------------------------------------------------------------------------------------------------
LOGGING = configure_logs(LOG_LEVEL, LOG_FORMAT)
