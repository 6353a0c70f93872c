"""The WSGI application that `wingtel serve` runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wingtel.settings")
application = get_wsgi_application()
