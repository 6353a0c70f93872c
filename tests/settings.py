"""The product's settings, with test databases cloned from the template that tests/server.py migrated."""

import os

from wingtel.settings import *  # noqa: F403 - the product's, all of them
from wingtel.settings import DATABASES

# Threads of one test meet in the database, not in a queue for its connections.
DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 32

# Tests name days of their own, whatever the clock says: see tests/server.py. They expire as they do by default.
WINGTEL_AHEAD_DAYS, WINGTEL_RETENTION_DAYS = 36_500, 45

# Slow on purpose, which no test is about.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES["default"]["TEST"] = {"NAME": "test_wingtel"} | (
    {"TEMPLATE": os.environ["WINGTEL_TEST_TEMPLATE"]} if "WINGTEL_TEST_TEMPLATE" in os.environ else {}
)
