"""A killed run leaves neither servers nor its folder behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.observer import until
from tests.leftovers import new_folder, processes_of

# Starts two processes in their own sessions: one without our environment, like a server, which has the folder only in
# its command line, and one with our environment.
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
