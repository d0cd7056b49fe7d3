"""All settings, from the environment. Without any, the embedded default: SQLite, an in-process
broker, the console for mail. Production sets DATABASE_URL, BROKER_URL and SECRET_KEY (see
docs/operating.md); nothing else differs.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.admin_theme import UNFOLD as UNFOLD
from config.api_document import API_DOCUMENT
from config.background import ENCRYPTED_COLUMNS as ENCRYPTED_COLUMNS
from config.background import JOB_KINDS as JOB_KINDS
from config.background import JOB_SOURCES as JOB_SOURCES
from config.background import JOB_TITLES as JOB_TITLES
from config.background import JOB_TRIGGERS as JOB_TRIGGERS
from config.background import SCHEDULES as SCHEDULES
from config.env import (
    env_bool,
    env_int,
    env_list,
    env_secret,
    env_str,
    local_field_key,
    local_push_key,
    local_secret,
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_str("DATA_DIR", str(BASE_DIR / "var")))
VERSION = "0.1.0"

# --- Safety -------------------------------------------------------------------------------------

DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = env_secret("SECRET_KEY") or local_secret(DATA_DIR / "secret.key")
# Encrypts stored credentials and account numbers: "id:base64 of 32 bytes", newest first.
FIELD_KEYS = env_secret("FIELD_KEYS") or local_field_key(DATA_DIR / "field.key")
# Lets a monitor read /healthz/deep; without it super admins alone may.
HEALTH_TOKEN = env_secret("HEALTH_TOKEN")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
HTTPS = env_bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^healthz/deep$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Being on the browsers' own list is hard to undo: whoever owns the domain decides it.
SECURE_HSTS_PRELOAD = env_bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # SECURE_HSTS_PRELOAD is off
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("BEHIND_PROXY", default=False) else None
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# But for the sandboxed frame that shows a message's HTML (see mail_ingest.views.html_body).
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ("/admin/", "/api/docs"),
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

# --- Application --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "django_htmx",
    "django_celery_beat",
    "tenancy",
    "jobs",
    "accounts",
    "notifications",
    "finance",
    "mail_ingest",
    "extraction",
    "organizer",
    "config",
]
MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # It pads what it sends, so that sizes tell nothing of secrets (BREACH); static files too.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ScopeMiddleware",
    "config.language.LanguageMiddleware",
    "config.local_time.LocalTimeMiddleware",
    "accounts.idempotency.IdempotencyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
            ],
        },
    },
]
FORM_RENDERER = "config.forms.Renderer"
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
REGISTRATION_OPEN = env_bool("REGISTRATION_OPEN", default=True)  # to strangers
IMPERSONATION = env_str("IMPERSONATION", "read")  # or "write", "off": accounts.impersonation
# What every new tenant starts with: dotted paths of functions called in its scope.
TENANT_SEEDERS: list[str] = ["finance.categories.seed_default_categories"]
# Who wrote what a transaction was read from, by kind of source: functions of ids, for matching.
SOURCE_TELLERS: dict[str, str] = {"email": "extraction.senders.addresses"}
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Uploads stream to disk; see mail_ingest for the limits of what they hold.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = str(DATA_DIR / "tmp")
DATA_DIR.joinpath("tmp").mkdir(parents=True, exist_ok=True)

# --- Database -----------------------------------------------------------------------------------

DATABASE_URL = env_secret("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'inledger.sqlite3'}"
DATABASE_RUNTIME_ROLE = env_str("DATABASE_RUNTIME_ROLE", "inledger_app")
_database: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL))
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock when a transaction starts: Django's deferred default lets
    # two read-then-write transactions deadlock into "database is locked".
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # A file: threads that share an in-memory database do not wait for each other's locks.
    _database["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _database["ENGINE"] = "tenancy.postgresql"
    _database["CONN_MAX_AGE"] = env_int("DATABASE_CONN_MAX_AGE", 60)
    _database["CONN_HEALTH_CHECKS"] = True
else:
    raise ImproperlyConfigured("DATABASE_URL must start with sqlite:// or postgresql://.")
DATABASES = {"default": _database}

# --- Jobs ---------------------------------------------------------------------------------------

BROKER_URL = env_secret("BROKER_URL") or "memory://localhost"
# The embedded default has no beat: the dispatcher inside the worker ticks the schedules.
EMBEDDED = BROKER_URL.startswith("memory://")
JOB_LEASE_SECONDS = env_int("JOB_LEASE_SECONDS", 30, least=2)
JOB_DISPATCH_MILLISECONDS = env_int("JOB_DISPATCH_MILLISECONDS", 500, least=50)
# How often each worker asks the sources (`config/background.py`) what is due.
JOB_SOURCE_MILLISECONDS = env_int("JOB_SOURCE_MILLISECONDS", 2000, least=50)
# The first retry's delay; it doubles with every attempt.
JOB_BACKOFF_SECONDS = env_int("JOB_BACKOFF_SECONDS", 5)
JOB_TIME_LIMIT_SECONDS = env_int("JOB_TIME_LIMIT_SECONDS", 240, least=1)
JOB_RETENTION_DAYS = env_int("JOB_RETENTION_DAYS", 30, least=1)

# --- Mail that we read --------------------------------------------------------------------------

# A tenant names the mail server, so private addresses are refused but for the operator's own:
# host names, addresses or networks.
MAIL_ALLOWED_PRIVATE_HOSTS = env_list("MAIL_ALLOWED_PRIVATE_HOSTS")
MAIL_TIMEOUT_SECONDS = env_int("MAIL_TIMEOUT_SECONDS", 30, least=1)
MAIL_UPLOAD_MAX_MB = env_int("MAIL_UPLOAD_MAX_MB", 1024, least=1)
# What a tenant's uploads may take together until they are read.
MAIL_UPLOAD_QUOTA_MB = env_int("MAIL_UPLOAD_QUOTA_MB", 4096, least=1)

# The operator's own OAuth clients (docs/connecting-google.md, docs/connecting-microsoft.md).
GOOGLE_CLIENT_ID = env_str("GOOGLE_CLIENT_ID")
GOOGLE_CLIENT_SECRET = env_secret("GOOGLE_CLIENT_SECRET")
MICROSOFT_CLIENT_ID = env_str("MICROSOFT_CLIENT_ID")
MICROSOFT_CLIENT_SECRET = env_secret("MICROSOFT_CLIENT_SECRET")
# “common” for everybody, or the id of one organisation.
MICROSOFT_TENANT = env_str("MICROSOFT_TENANT", "common")
# Gmail's quota for one mailbox is 6,000 units a minute (projects since May 2026).
GMAIL_UNITS_PER_MINUTE = env_int("GMAIL_UNITS_PER_MINUTE", 4800, least=60)
# Graph allows 10,000 requests in ten minutes for one mailbox.
GRAPH_REQUESTS_PER_MINUTE = env_int("GRAPH_REQUESTS_PER_MINUTE", 600, least=1)
# Where the providers are reached; other addresses are for their national clouds, and for tests.
GOOGLE_AUTHORIZE_URL = env_str(
    "GOOGLE_AUTHORIZE_URL", "https://accounts.google.com/o/oauth2/v2/auth"
)
GOOGLE_TOKEN_URL = env_str("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")
GMAIL_ENDPOINT = env_str("GMAIL_ENDPOINT", "https://gmail.googleapis.com")
_MICROSOFT = f"https://login.microsoftonline.com/{MICROSOFT_TENANT}/oauth2/v2.0"
MICROSOFT_AUTHORIZE_URL = env_str("MICROSOFT_AUTHORIZE_URL", f"{_MICROSOFT}/authorize")
MICROSOFT_TOKEN_URL = env_str("MICROSOFT_TOKEN_URL", f"{_MICROSOFT}/token")
GRAPH_ENDPOINT = env_str("GRAPH_ENDPOINT", "https://graph.microsoft.com/v1.0")

# Where the operator's mail server takes forwarded mail for us (docs/forwarding.md).
INBOUND_DOMAIN = env_str("INBOUND_DOMAIN")
SENDER_PACKS = env_str("SENDER_PACKS")  # a folder of one's own: docs/adding-an-extractor.md

# --- Language models ----------------------------------------------------------------------------

# As MAIL_ALLOWED_PRIVATE_HOSTS: servers of models on one's own machines; only to these plain HTTP.
MODEL_ALLOWED_PRIVATE_HOSTS = env_list("MODEL_ALLOWED_PRIVATE_HOSTS")

# The same for webhooks, and for push services.
WEBHOOK_ALLOWED_PRIVATE_HOSTS = env_list("WEBHOOK_ALLOWED_PRIVATE_HOSTS")
PUSH_ALLOWED_PRIVATE_HOSTS = env_list("PUSH_ALLOWED_PRIVATE_HOSTS")
# Web push is off unless the operator switches it on; then its key is the installation's name.
WEB_PUSH = env_bool("WEB_PUSH", default=False)
WEB_PUSH_KEY = env_secret("WEB_PUSH_KEY") or local_push_key(DATA_DIR / "push.key", made=WEB_PUSH)

# --- Mail that we send --------------------------------------------------------------------------

EMAIL_HOST = env_str("EMAIL_HOST")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_PORT = env_int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=EMAIL_PORT == 587)
EMAIL_USE_SSL = env_bool("EMAIL_USE_SSL", default=EMAIL_PORT == 465)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Inledger <inledger@localhost>")
# Of notices; beyond, the rest come in the daily digest.
MAILS_PER_PERSON_AND_HOUR = env_int("MAILS_PER_PERSON_AND_HOUR", 20, least=1)
MAILS_PER_TENANT_AND_HOUR = env_int("MAILS_PER_TENANT_AND_HOUR", 500, least=1)
PUBLIC_URL = env_str("PUBLIC_URL", f"http://localhost:{env_int('PORT', 8000)}").rstrip("/")

# --- REST API -----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ScopeAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_FILTER_BACKENDS": ["config.filters.StrictFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PARSER_CLASSES": [
        "config.parsers.StrictJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "EXCEPTION_HANDLER": "config.problems.problem_handler",
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "NUM_PROXIES": env_int("NUM_PROXIES", 0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "UPDATE_LAST_LOGIN": False,
}
REFRESH_TOKEN_LIFETIME = timedelta(days=env_int("REFRESH_TOKEN_DAYS", 30, least=1))
SPECTACULAR_SETTINGS = {**API_DOCUMENT, "VERSION": VERSION}
CORS_ALLOWED_ORIGINS = env_list("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = ("accept", "authorization", "content-type", "idempotency-key",
                      "x-access-reason", "x-csrftoken", "x-tenant-id")  # fmt: skip

# --- Language, time and files -------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = Path(env_str("STATIC_ROOT", str(DATA_DIR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        name: {"()": f"config.middleware.{name}"} for name in ("RequestIdFilter", "AddressFilter")
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["RequestIdFilter", "AddressFilter"],
        }
    },
    "root": {"handlers": ["console"], "level": env_str("LOG_LEVEL", "INFO")},
    # They tell who writes to whom, and addresses that are secrets (a webhook's, a device's).
    "loggers": {name: {"level": "WARNING"} for name in ("mail.log", "httpx2")},
}
