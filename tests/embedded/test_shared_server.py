"""Several processes share one server: the last to leave stops it, however the others left."""

import subprocess
import sys
from pathlib import Path

from wingtel.embedded import EmbeddedPostgres

from .observer import Holder, answers, is_stopped, postmaster, until


def leave(process: "subprocess.Popen[str]") -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_the_server_stops_when_the_last_of_two_processes_leaves(holder: Holder, server: EmbeddedPostgres) -> None:
    first, second = holder(), holder()
    leave(first)
    assert not is_stopped(server.folder)
    leave(second)
    assert is_stopped(server.folder)


def test_a_process_that_leaves_does_not_disturb_us(holder: Holder, server: EmbeddedPostgres) -> None:
    first = holder()
    server.start()
    running = postmaster(server)
    leave(first)
    assert answers(server)
    assert postmaster(server) == running


def test_processes_that_start_at_the_same_time_share_one_server(server_folder: Path) -> None:
    program = (
        "import sys, pathlib, wingtel.embedded as e\n"
        "with e.EmbeddedPostgres(pathlib.Path(sys.argv[1]), settings={'fsync': 'off'}): pass\n"
    )
    command = [sys.executable, "-c", program, str(server_folder / "pg")]
    together = [subprocess.Popen(command) for _ in range(6)]
    assert [process.wait(timeout=120) for process in together] == [0] * 6
    assert is_stopped(server_folder / "pg")


def test_a_killed_process_leaves_its_server_to_the_next(holder: Holder, server: EmbeddedPostgres) -> None:
    killed = holder()
    running = postmaster(server)
    killed.kill()
    killed.wait()
    server.start()
    assert postmaster(server) == running
    server.release()
    assert is_stopped(server.folder)


def test_a_child_that_outlives_a_killed_holder_does_not_keep_the_server(server_folder: Path) -> None:
    program = (
        "import os, sys, pathlib, wingtel.embedded as e\n"
        "e.EmbeddedPostgres(pathlib.Path(sys.argv[1]), settings={'fsync': 'off'}).start()\n"
        "if os.fork() == 0: print('forked', flush=True)\n"
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(server_folder / "pg")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == b"forked\n"
        parent.kill()
        parent.wait()
        with EmbeddedPostgres(server_folder / "pg"):
            pass
        assert is_stopped(server_folder / "pg")


def test_a_forked_child_that_releases_does_not_stop_its_parent_s_server(server_folder: Path) -> None:
    program = (
        "import os, sys, pathlib, psycopg, wingtel.embedded as e\n"
        "server = e.EmbeddedPostgres(pathlib.Path(sys.argv[1]), settings={'fsync': 'off'})\n"
        "server.start()\n"
        "child = os.fork()\n"
        "if child == 0: server.release(); os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "psycopg.connect(server.url()).close()\n"
        "server.release()"
    )
    command = [sys.executable, "-c", program, str(server_folder / "pg")]
    assert subprocess.run(command, check=False, timeout=120).returncode == 0
    assert is_stopped(server_folder / "pg")


def test_the_server_has_none_of_our_locks_open(server: EmbeddedPostgres) -> None:
    server.start()
    opened = Path(f"/proc/{postmaster(server)}/fd")
    until(lambda: answers(server))
    assert not [fd for fd in opened.iterdir() if str(fd.readlink()).endswith(".lock")]
