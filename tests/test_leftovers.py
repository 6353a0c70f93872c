"""A killed run leaves neither servers nor its folder behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.watching import until
from tests.leftovers import new_folder, processes_of

# Starts a process without our environment, as a server is, which says by its command line alone whose it is; and one
# with our environment. Both in sessions of their own.
RUN = """
import os, subprocess, sys, time
from pathlib import Path
from tests.leftovers import clean_up_after_this_process
folder = Path(sys.argv[1])
clean_up_after_this_process(folder)
wait = [sys.executable, "-c", "import time; time.sleep(600)"]
subprocess.Popen([*wait, f"{folder}/data"], env={}, start_new_session=True)
subprocess.Popen(wait, start_new_session=True)
print("started", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
def test_a_killed_run_leaves_nothing_behind() -> None:
    folder = new_folder("killed-")
    run = subprocess.Popen([sys.executable, "-c", RUN, str(folder)], env=os.environ, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    assert run.stdout.readline() == "started\n"
    assert len(processes_of(str(folder))) == 3  # these two and the one that ends them
    run.kill()
    run.communicate()
    until(lambda: not folder.exists())
    assert processes_of(str(folder)) == []
