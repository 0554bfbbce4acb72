"""The wheel holds one package, whatever the folders in the repository are called."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("app", "agents", "memory", "prompts")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in ("inkwright", *FOLDERS):
        shutil.copytree(
            ROOT / name,
            source / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    for file in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / file, source)
    pip("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", source / "dist", source)
    (built,) = (source / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_installs_nothing_but_inkwright(names):
    tops = {PurePosixPath(name).parts[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"inkwright"}


def test_every_module_and_prompt_is_in_the_wheel(names):
    expected = {
        f"inkwright/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
    }
    texts = [*(ROOT / "prompts").glob("*.md"), *(ROOT / "app/examples").glob("*.yaml")]
    looks = ROOT / "app/export"
    texts += [*looks.glob("*.css"), *looks.glob("*.typ"), *(ROOT / "app/ui/field").iterdir()]
    expected |= {f"inkwright/{path.relative_to(ROOT)}" for path in texts}
    own = ("__init__.py", "__init__.pyi", "__main__.py", "bench_command.py", "py.typed")
    packaged = {name for name in names if name.startswith("inkwright/")}
    assert packaged == expected | {f"inkwright/{name}" for name in own}


def test_it_works_beside_folders_of_the_same_names(wheel, tmp_path):
    installed, theirs = tmp_path / "installed", tmp_path / "theirs"
    pip("install", "--no-deps", "--target", installed, wheel)
    theirs.mkdir()
    (theirs / "app.py").write_text("mine = True\n")
    for folder in FOLDERS[1:]:
        (theirs / folder).mkdir()
        (theirs / folder / "__init__.py").write_text("mine = True\n")
    code = """
import agents, app, inkwright, memory, prompts
import inkwright.agents, inkwright.app, inkwright.memory, inkwright.prompts
assert app.mine and agents.mine and memory.mine and prompts.mine
print(inkwright.__file__)
print(inkwright.memory.__file__)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=theirs,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert all(Path(line).is_relative_to(installed) for line in done.stdout.split())


def pip(*arguments: object) -> None:
    command, *rest = map(str, arguments)
    done = subprocess.run(
        [sys.executable, "-m", "pip", command, "--quiet", "--no-index", *rest],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
