"""Wiring only: the environment is read here, once, and nowhere else."""

import re
import tomllib
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from psa.core.documents import backends
from psa.core.telemetry import logs

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]


class Environment(BaseSettings):
    """What the surroundings decide; tenant policy lives in typed columns instead."""

    model_config = SettingsConfigDict(env_prefix="PSA_", extra="ignore")

    env: Literal["development", "production", "test"] = "development"
    secret_key: str = ""
    # Former keys, by commas: what they signed and sealed stays readable after a change of key.
    secret_key_fallbacks: str = ""
    allowed_hosts: str = ""
    data: Path = BASE_DIR / ".data"
    port: int = 8000
    public_url: str = ""
    now: datetime | None = None
    db_role: Literal["app", "owner"] = "app"
    owner_database_url: str = ""
    # For backup and restore alone: who may read and write past row-level security, and where
    # pg_dump and pg_restore are (on the path unless named).
    admin_database_url: str = ""
    postgres_bin: str = ""
    email_backend: str = "django.core.mail.backends.console.EmailBackend"
    email_host: str = "localhost"
    email_port: int = 25
    email_user: str = ""
    email_password: str = ""
    email_tls: bool = False
    email_from: str = "no-reply@localhost"
    log_level: str = "INFO"
    slow_query_ms: int = 500
    # How often a minute one token, and all tokens of a tenant, may ask.
    api_requests_of_token: int = 600
    api_requests_of_tenant: int = 3_000
    # The virus scanner that uploads pass: unix:/path, tcp:host:port or command:program; empty: none.
    antivirus: str = ""
    # The official schema of pain.001.001.09, for an operator who has it; empty: our strict subset.
    payment_schema: Path | None = None
    # The private key by which push services know this installation (manage.py make_push_key).
    push_key: str = ""
    # Who may read /metrics from elsewhere than the machine itself: as "Authorization: Bearer …".
    metrics_token: str = ""
    # What was built, for the operator's page and the metrics; a commit, say.
    revision: str = ""
    trusted_proxy_count: int = 0
    # Whether receipts are read: by default wherever the libraries of requirements/ocr.txt are.
    receipt_reading: bool | None = None
    bench: bool = False
    # Hosts such as 127.0.0.1:9000 that tests may send to; heeded in the test environment alone.
    outgoing_test_hosts: str = ""
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", validation_alias="REDIS_URL")


ENV = Environment()
PRODUCTION = ENV.env == "production"
TESTING = ENV.env == "test"

if PRODUCTION and len(ENV.secret_key) < 50:
    raise RuntimeError("PSA_SECRET_KEY must be set to at least 50 random characters in production.")

SECRET_KEY = ENV.secret_key or "development-only-key-never-used-in-production-0123456789"
DEBUG = False
SECRET_KEY_FALLBACKS = [key for key in ENV.secret_key_fallbacks.split(",") if key]
ALLOWED_HOSTS = [h for h in ENV.allowed_hosts.split(",") if h] or (
    [] if PRODUCTION else ["127.0.0.1", "localhost", "testserver", "[::1]"]
)
PSA_NOW = None if PRODUCTION else ENV.now
PSA_OUTGOING_TEST_HOSTS = frozenset(
    host for host in ENV.outgoing_test_hosts.split(",") if host and TESTING
)
PSA_RECEIPT_READING = ENV.receipt_reading is not False and all(
    find_spec(library) for library in ("rapidocr", "onnxruntime", "pypdfium2")
)
PSA_DATA = ENV.data
PSA_PORT = ENV.port
# Where people reach the pages, for links in e-mail; no slash at its end.
PSA_PUBLIC_URL = ENV.public_url.rstrip("/") or f"http://127.0.0.1:{PSA_PORT}"


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # PgBouncer in transaction mode keeps no session: nothing may outlive a transaction.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"prepare_threshold": None, "connect_timeout": 5},
    }


_role_url = ENV.owner_database_url if ENV.db_role == "owner" else ENV.database_url
DATABASES = {
    "default": _database(_role_url or ENV.database_url or "postgresql://psa_app@127.0.0.1/psa")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CORE_APPS = [
    "psa.core.telemetry",
    "psa.core.tenancy",
    "psa.core.access",
    "psa.core.audit",
    "psa.core.org",
    "psa.core.money",
    "psa.core.pricing",
    "psa.core.ledger",
    "psa.core.jobs",
    "psa.core.notifications",
    "psa.core.documents",
    "psa.core.automation",
    "psa.core.custom_fields",
    "psa.core.web",
]
ROOM_APPS = ["sales", "projects", "resources", "timeexpense", "billing", "revenue"]
EDGE_APPS = [
    "psa.edges.lifecycle",
    "psa.edges.home",
    "psa.edges.search",
    "psa.edges.exports",
    "psa.edges.setup",
    "psa.edges.demo",
    "psa.edges.operations",
    "psa.edges.identity",
    "psa.edges.integrations.imports",
    "psa.edges.repricing",
    "psa.edges.api",
    "psa.edges.integrations.webhooks",
    "psa.edges.integrations.channels",
    "psa.edges.integrations.calendars",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    *CORE_APPS,
    *ROOM_APPS,
    *EDGE_APPS,
]

MIDDLEWARE = [
    "psa.core.web.middleware.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "psa.core.web.policies.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "psa.core.web.middleware.RequestLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Before the tenant is taken off the path: a firm's own pages have an /api/ too.
    "psa.edges.api.middleware.ApiMiddleware",
    "psa.core.access.middleware.TenantMiddleware",
    "psa.edges.identity.middleware.ViewAsMiddleware",
]

ROOT_URLCONF = "psa.urls"
TENANT_URLCONF = "psa.tenant_urls"
WSGI_APPLICATION = "psa.wsgi.application"

_template_loaders: list[Any] = [
    "django_cotton.cotton_loader.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "psa.core.web.context.shell",
            ],
            "loaders": [("django.template.loaders.cached.Loader", _template_loaders)],
            "builtins": [
                "django.templatetags.i18n",
                "django_cotton.templatetags.cotton",
                "psa.core.web.templatetags.psa",
            ],
        },
    }
]
COTTON_DIR = "_components"
COTTON_SNAKE_CASED_NAMES = True
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
if TESTING or not PRODUCTION:
    # The demo tenant and the tests create hundreds of users; argon2 stays the production hasher.
    PASSWORD_HASHERS = [
        "psa.core.access.hashers.QuickArgon2PasswordHasher",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
    ]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "psa.core.access.adapter.InvitedOnlyAdapter"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "login": "60/m/ip",
    "reset_password": "20/m/ip,5/h/key",
}
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Whoever changes a password or a factor is told so by e-mail.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# How long a confirmation that it is still the same person holds (docs/adr/0022).
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False

MFA_ADAPTER = "psa.core.access.adapter.SealedFactorsAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_DIGITS = 10
# http://127.0.0.1 is no secure origin by its scheme; only development and tests are served there.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
SOCIALACCOUNT_ADAPTER = "psa.edges.identity.provider_adapter.FirmProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
# Identity providers and other outside services are never looked for on private addresses, except
# where the firm's servers and its provider are one machine: development and tests.
PSA_PRIVATE_ADDRESSES_ALLOWED = not PRODUCTION
ALLAUTH_TRUSTED_PROXY_COUNT = ENV.trusted_proxy_count

SESSION_ENGINE = "psa.core.access.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
# The prefix: browsers then take the cookie from this very host alone, over TLS, for all paths.
SESSION_COOKIE_NAME = "__Host-sessionid" if PRODUCTION else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if PRODUCTION else "csrftoken"
# In the session, not in a cookie of their own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "psa.core.web.errors.csrf_failure"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENV.trusted_proxy_count else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# Rate limits live in the database-backed cache, so that they survive a Redis restart.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
    }
}

# Limits of the API, counted in the database.
API_REQUESTS_PER_MINUTE_OF_TOKEN = ENV.api_requests_of_token
API_REQUESTS_PER_MINUTE_OF_TENANT = ENV.api_requests_of_tenant

CELERY_BROKER_URL = ENV.redis_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 1, "socket_connect_timeout": 1}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "dispatch-waiting-jobs": {"task": "psa.jobs.dispatch", "schedule": 5.0},
    "send-account-mails": {
        "task": "psa.access.send_account_mails",
        "schedule": 5.0,
        # A run that waited longer is not begun: the next one sends the same.
        "options": {"expires": 5.0},
    },
    "queue-due-schedules": {"task": "psa.jobs.tick", "schedule": 60.0},
}

# Without a key of its own, production writes to no device; elsewhere it follows from the secret key.
PSA_PUSH_KEY = ENV.push_key

EMAIL_BACKEND = ENV.email_backend
EMAIL_HOST = ENV.email_host
EMAIL_PORT = ENV.email_port
EMAIL_HOST_USER = ENV.email_user
EMAIL_HOST_PASSWORD = ENV.email_password
EMAIL_USE_TLS = ENV.email_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.email_from

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = PSA_DATA / "static"
STORAGES = {
    "default": backends.storage_of(backends.S3()),
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
MEDIA_ROOT = PSA_DATA / "documents"
QUARANTINE_ROOT = PSA_DATA / "quarantine"
ANTIVIRUS = ENV.antivirus
if not re.fullmatch(r"|unix:/.+|tcp:.+:\d+|command:.+", ANTIVIRUS):
    raise RuntimeError(
        "PSA_ANTIVIRUS is unix:/path/of/clamd.ctl, tcp:host:port, command:program, or empty."
    )
PAYMENT_SCHEMA = ENV.payment_schema
if PAYMENT_SCHEMA is not None and not PAYMENT_SCHEMA.is_file():
    raise RuntimeError("PSA_PAYMENT_SCHEMA names no file. Give the path of an XML schema, or none.")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# A fixed list: without it every update of the currency data would ask for a migration.
CURRENCIES = (
    "AUD", "BHD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "INR",
    "JPY", "KWD", "MXN", "NOK", "NZD", "PLN", "RON", "SEK", "SGD", "TRY", "USD", "ZAR",
)  # fmt: skip

LOGGING = logs.configuration(
    as_json=PRODUCTION, level="WARNING" if TESTING else ENV.log_level.upper()
)
SLOW_QUERY_SECONDS = ENV.slow_query_ms / 1000
METRICS_TOKEN = ENV.metrics_token
REVISION = ENV.revision
SILENCED_SYSTEM_CHECKS: list[str] = []
