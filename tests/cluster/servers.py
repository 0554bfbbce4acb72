"""PostgreSQL, Chroma and Ray as processes of their own, each ended with its block."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
DEBIANS = "/usr/lib/postgresql/*/bin/initdb"
POSTGRES_USER = "postgres"
READY_S, STOP_S = 60.0, 20.0
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class RayCluster:
    address: str
    others: list[subprocess.Popen[bytes]]
    """All nodes but the first, which knows of the cluster's works."""

    def lose_a_node(self, busy: Collection[int]) -> None:
        """End all processes of a node that has one of ``busy``, as a power cut does."""
        processes = ({node.pid, *_descendants(node.pid)} for node in self.others)
        for process in next(found for found in processes if found & set(busy)):
            os.kill(process, signal.SIGKILL)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the address of an empty database, on a server of Debian's package."""
    programs = sorted(Path("/").glob(DEBIANS[1:]))
    assert programs, "PostgreSQL is not installed: apt-get install postgresql"
    folder, port = Path(tempfile.mkdtemp(prefix="ink-pg-")), free_port()
    as_user: Sequence[str] = ()
    if os.getuid() == 0:  # it refuses to run as root
        as_user = ("runuser", "-u", POSTGRES_USER, "--")
        user = pwd.getpwnam(POSTGRES_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, control = folder / "data", programs[-1].with_name("pg_ctl")
    quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": "/"}
    made = ["-D", str(data), "-U", "inkwright", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    subprocess.run([*as_user, str(programs[-1]), *made], **quiet)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    begin = ["-D", str(data), "-o", f"{options} -c fsync=off", "-l", str(folder / "log"), "-w"]
    subprocess.run([*as_user, str(control), *begin, "start"], **quiet)
    try:
        yield f"postgresql://inkwright@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*as_user, str(control), "-D", str(data), "-m", "fast", "stop"], **quiet)
        shutil.rmtree(folder)


@contextmanager
def chroma() -> Iterator[str]:
    """Yield the address of an empty Chroma server."""
    folder, port = Path(tempfile.mkdtemp(prefix="ink-chroma-")), free_port()
    command = [str(BIN / "chroma"), "run", "--path", str(folder), "--port", str(port)]
    with ExitStack() as ended:
        ended.callback(shutil.rmtree, folder)
        process = ended.enter_context(_running(command, folder))
        root = f"http://127.0.0.1:{port}"
        _wait(process, lambda: _answers(f"{root}/api/v2/heartbeat"))
        yield root


@contextmanager
def ray_cluster(nodes: int, cpus: int) -> Iterator[RayCluster]:
    """Yield a Ray cluster of so many nodes, all there, each as if it were a machine."""
    folder, port = Path(tempfile.mkdtemp(prefix="ink-ray-")), free_port()
    address = f"127.0.0.1:{port}"
    shared = ["--node-ip-address=127.0.0.1", f"--num-cpus={cpus}", "--block"]
    shared += ["--object-store-memory=100000000", "--disable-usage-stats"]
    head = ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}"]
    start = [str(BIN / "ray"), "start", *shared]
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        first = running.enter_context(_running([*start, *head], folder))
        _wait(first, lambda: _listens(port))
        others: list[subprocess.Popen[bytes]] = []
        while len(others) < nodes - 1:  # one by one: two at a time may take one socket's name
            others.append(running.enter_context(_running([*start, f"--address={address}"], folder)))
            _wait(others[-1], lambda: _joined(folder) == 1 + len(others))
        yield RayCluster(address, others)


def _joined(folder: Path) -> int:
    """Return how many nodes have said that they are part of the cluster."""
    return (folder / "said.txt").read_text().count("Ray runtime started")


@contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a session of its own, and end all of it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "said.txt").open("ab") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=said, env=environment, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_S
    while not ready():
        assert process.poll() is None, f"{process.args} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{process.args} was not ready in {READY_S:g} s"
        time.sleep(0.1)


def _descendants(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5.0).status_code == 200
    except httpx.HTTPError:
        return False


def _listens(port: int) -> bool:
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0
