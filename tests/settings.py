"""The product's settings, with test databases cloned from the template that tests/server.py migrated."""

import os

from wingtel.settings import *  # noqa: F403 - all settings of the product
from wingtel.settings import DATABASES

# Threads of one test compete in the database, not for its connections.
DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 32

# Tests use fixed days, see tests/server.py. Days expire after the default time.
WINGTEL_MAX_FUTURE_DAYS, WINGTEL_RETENTION_DAYS = 36_500, 45

# The default hashers are slow on purpose, which no test needs.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES["default"]["TEST"] = {"NAME": "test_wingtel"} | (
    {"TEMPLATE": os.environ["WINGTEL_TEST_TEMPLATE"]} if "WINGTEL_TEST_TEMPLATE" in os.environ else {}
)
