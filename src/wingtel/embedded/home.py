"""The folder of what Wingtel owns on this machine: its database, and a copy of PostgreSQL if need be."""

import os
from pathlib import Path

import platformdirs

from wingtel.config.environment import load
from wingtel.embedded.folders import make_folder


def wingtel_home() -> Path:
    """Return WINGTEL_HOME; else /var/lib/wingtel as root; else the user's data folder. Create it if it is missing.

    Raises EmbeddedServerError when it cannot be created.
    """
    home = _chosen()
    make_folder(home)
    return home


def _chosen() -> Path:
    if chosen := load().home:
        return chosen
    if os.geteuid() == 0:
        return Path("/var/lib/wingtel")
    return platformdirs.user_data_path("wingtel")
