"""A folder for a server of a test's own."""

from tests.embedded.conftest import server_folder

__all__ = ["server_folder"]
