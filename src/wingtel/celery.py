"""Celery application: `python -m celery -A wingtel.celery`, which `wingtel up` and `wingtel worker` run.

Its configuration is in the settings that begin with CELERY_.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wingtel.settings")

app = Celery("wingtel")
app.config_from_object("django.conf:settings", namespace="CELERY")
