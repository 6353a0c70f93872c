"""Django settings. Everything an operator sets comes from the environment and is listed in docs/settings.md."""

import os
import sys
from pathlib import Path

import dj_database_url
import django_stubs_ext

django_stubs_ext.monkeypatch()  # lets ModelAdmin and other generic classes be written with their type

PACKAGE = Path(__file__).resolve().parent

SECRET_KEY = os.environ.get("WINGTEL_SECRET_KEY", "insecure: set WINGTEL_SECRET_KEY where others can reach the server")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("WINGTEL_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "wingtel",
    "wingtel.subscriptions",
    "wingtel.usage",
    "wingtel.aggregates",
    "wingtel.lifecycle",
    "wingtel.feeds",
    "wingtel.api",
    "wingtel.dashboard",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
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

# `wingtel` sets DATABASE_URL to its embedded server when it is not given; see wingtel.__main__.
DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL", "postgresql://localhost/wingtel"))}
DATABASES["default"]["ENGINE"] = "wingtel.database"  # a restarted server costs a reconnect, not a failed request
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "pool": {"min_size": 1, "max_size": int(os.environ.get("WINGTEL_DATABASE_POOL", "8")), "timeout": 10},
    "prepare_threshold": sys.maxsize,  # statements are prepared where the code asks for it, none by being repeated
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"  # moments are shown in UTC; the operator's business days are wingtel.usage.business_days

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # static files are served from the installed packages: no collectstatic step
WHITENOISE_AUTOREFRESH = False

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["wingtel.api.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "wingtel.api.errors.problem_details",
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Wingtel",
    "DESCRIPTION": "Which subscriptions reached a price limit, and what a subscription used and paid.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "SubscriptionStatus": "wingtel.subscriptions.models.Subscription.Status",
        "PurchaseStatus": "wingtel.subscriptions.models.Purchase.Status",
    },
}

# The zone whose midnights bound the business days, taken when the database is first migrated and kept there.
WINGTEL_TIME_ZONE = os.environ.get("WINGTEL_TIME_ZONE", "UTC")

# Raw records are kept for so many days; then those of sealed days go.
WINGTEL_RETENTION_DAYS = int(os.environ.get("WINGTEL_RETENTION_DAYS", "45"))
# A day is sealed once it has been over for so many days.
WINGTEL_SEAL_AFTER_DAYS = int(os.environ.get("WINGTEL_SEAL_AFTER_DAYS", "3"))
# A record may be so many days late, and so many ahead of the clock.
WINGTEL_LATE_DAYS = int(os.environ.get("WINGTEL_LATE_DAYS", WINGTEL_RETENTION_DAYS))
WINGTEL_AHEAD_DAYS = int(os.environ.get("WINGTEL_AHEAD_DAYS", "2"))

# How many exports one server process makes and sends at once, and how long the database may work on one (0: for ever).
WINGTEL_EXPORTS_AT_ONCE = int(os.environ.get("WINGTEL_EXPORTS_AT_ONCE", "2"))
WINGTEL_EXPORT_SECONDS = int(os.environ.get("WINGTEL_EXPORT_SECONDS", "300"))
