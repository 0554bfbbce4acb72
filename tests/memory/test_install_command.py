"""The command that adds what is missing, for each way that Inkwright is installed."""

import shlex
import sys
from pathlib import Path

import pytest

from inkwright.memory.install_command import build_extra_command, build_package_command


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "my tools" / "inkwright"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(folder))
    return folder


def test_pip_adds_to_an_environment_of_ones_own(prefix):
    assert build_extra_command("ui") == "pip install 'inkwright[ui]'"
    assert build_package_command("a==1") == "pip install --no-deps a==1"


def test_uv_is_told_the_environment_of_its_tool(prefix):
    (prefix / "uv-receipt.toml").touch()
    words = shlex.split(build_extra_command("ui"))
    assert words == ["uv", "pip", "install", "--python", str(prefix), "inkwright[ui]"]


def test_pipx_is_told_the_name_of_its_environment(prefix):
    (prefix / "pipx_metadata.json").touch()
    assert build_package_command("a==1") == "pipx runpip inkwright install --no-deps a==1"
