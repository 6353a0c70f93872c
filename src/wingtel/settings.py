"""Django settings. The settings of an operator come from the environment: see wingtel.config.environment."""

import sys
from pathlib import Path

import dj_database_url
from corsheaders.defaults import default_headers

from wingtel.api.common import document
from wingtel.config.environment import load
from wingtel.config.project import APPS, beat_schedule
from wingtel.logs import logging_settings

_environment = load()

PACKAGE = Path(__file__).resolve().parent

SECRET_KEY = _environment.secret_key
DEBUG = False
ALLOWED_HOSTS = list(_environment.allowed_hosts)

INSTALLED_APPS = [
    *APPS,
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
]

MIDDLEWARE = [
    "wingtel.api.common.request_ids.RequestIdMiddleware",
    "wingtel.api.common.compression.ApiGZipMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "wingtel.urls"
WSGI_APPLICATION = "wingtel.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Without DATABASE_URL, `wingtel` sets it to its embedded server; see wingtel.__main__.
DATABASES = {"default": dj_database_url.parse(_environment.database_url or "postgresql://localhost/wingtel")}
DATABASES["default"]["ENGINE"] = "wingtel.db"  # a restarted server costs a reconnect, not a failed request
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "pool": {"min_size": 1, "max_size": _environment.database_pool, "timeout": 10},
    "prepare_threshold": sys.maxsize,  # psycopg prepares only statements that the code marks
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without REDIS_URL, `wingtel` sets it to its embedded Valkey; see wingtel.__main__. All processes share the cache. Its
# timeouts are short, since none of it is worth waiting for.
REDIS_URL = _environment.redis_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "wingtel",
        "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.25},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}

WINGTEL_LOG_LEVEL = _environment.log_level
LOGGING = logging_settings(WINGTEL_LOG_LEVEL, _environment.log_format)

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"  # of timestamps; the zone of business days is in wingtel.usage.business_days

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # static files are served from the installed packages: no collectstatic step
WHITENOISE_AUTOREFRESH = False

# Pages of the configured origins may call the API with a key, never with a session.
CORS_ALLOWED_ORIGINS = list(_environment.cors_origins)
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-none-match", "x-request-id"]
CORS_EXPOSE_HEADERS = ["etag", "idempotency-replayed", "retry-after", "www-authenticate", "x-request-id"]

LOGIN_URL = "wingtel_dashboard:login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "wingtel_dashboard:landing"

# For drf-spectacular's own commands and checks; the views bring all that they need.
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "wingtel.api.common.openapi.Schema"}
SPECTACULAR_SETTINGS = document.SETTINGS

# wingtel.config.environment describes these settings.
WINGTEL_KEY_CACHE_SECONDS = _environment.key_cache_seconds
WINGTEL_REQUESTS_PER_MINUTE = _environment.requests_per_minute

WINGTEL_TARIFF = _environment.tariff
WINGTEL_TIME_ZONE = _environment.time_zone
WINGTEL_CURRENCY = _environment.currency
WINGTEL_RETENTION_DAYS = _environment.retention_days
WINGTEL_SEAL_AFTER_DAYS = _environment.seal_after_days
WINGTEL_MAX_LATENESS_DAYS = (
    WINGTEL_RETENTION_DAYS if _environment.max_lateness_days is None else _environment.max_lateness_days
)
WINGTEL_MAX_FUTURE_DAYS = _environment.max_future_days
WINGTEL_RECONCILE_DAYS = _environment.reconcile_days
WINGTEL_RECONCILE_HOURS = _environment.reconcile_hours

WINGTEL_WATCH_FOLDERS = _environment.watch_folders
WINGTEL_WATCH_CREATES_SUBSCRIPTIONS = _environment.watch_creates_subscriptions

# Tasks carry no data: the schedule sends a lost one again, and a repeated one finds nothing to do. So a task is
# acknowledged when it is done, and its result is ignored.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # retry without end
# Longer than any import: after this time, a task that is not acknowledged goes to another worker as well.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 86_400, "socket_keepalive": True, "health_check_interval": 10}
CELERY_IMPORTS = ["wingtel.tasks.celery_tasks"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING configures the log
CELERY_TIMEZONE = "UTC"

# An import may take hours, and the receiver of a webhook may be slow. Their queues have their own processes, so they
# never delay a merge.
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"wingtel.watch": {"queue": "imports"}, "wingtel.deliver": {"queue": "deliveries"}}
WINGTEL_WORKERS = _environment.workers
WINGTEL_IMPORT_WORKERS = _environment.import_workers

WINGTEL_MERGE_INTERVAL = _environment.merge_interval
WINGTEL_EVALUATION_INTERVAL = _environment.evaluation_interval
WINGTEL_WATCH_INTERVAL = _environment.watch_interval
WINGTEL_MAINTENANCE_INTERVAL = _environment.maintenance_interval

# Each task is also sent once when the schedule begins.
CELERY_BEAT_SCHEDULE = beat_schedule(_environment)
CELERY_BEAT_SCHEDULER = "wingtel.tasks.schedule:ScheduleFromNow"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

WINGTEL_MAX_CONCURRENT_EXPORTS = _environment.max_concurrent_exports
WINGTEL_EXPORT_SECONDS = _environment.export_seconds
WINGTEL_ALERT_EMAILS = list(_environment.alert_emails)
WINGTEL_WEBHOOK_ALLOW_PRIVATE = _environment.webhook_allow_private

# Without an SMTP server, e-mails are written to standard output.
EMAIL_HOST = _environment.smtp_host
EMAIL_PORT = _environment.smtp_port
EMAIL_HOST_USER = _environment.smtp_user
EMAIL_HOST_PASSWORD = _environment.smtp_password
EMAIL_USE_TLS = _environment.smtp_tls
EMAIL_TIMEOUT = 20
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = _environment.email_from
