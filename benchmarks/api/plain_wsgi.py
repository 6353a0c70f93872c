"""The WSGI application of the plain view."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.api.plain_settings"
application = get_wsgi_application()
