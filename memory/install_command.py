"""The command that adds a package to the environment that Inkwright runs in, however it was made.

``uv tool`` and ``pipx`` keep an environment of Inkwright's own, where a plain ``pip install`` of
the user's would not reach; environments of ``uv venv`` have no pip.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

UV_RECEIPT, PIPX_RECEIPT = "uv-receipt.toml", "pipx_metadata.json"
"""What each leaves in the environments that it makes."""


def build_extra_command(extra: str) -> str:
    """Return the command that installs one of Inkwright's optional parts."""
    return f"{_build_installer()} 'inkwright[{extra}]'"


def build_package_command(requirement: str) -> str:
    """Return the command that installs one package alone, without what it depends on."""
    return f"{_build_installer()} --no-deps {requirement}"


def _build_installer() -> str:
    prefix = Path(sys.prefix)
    if (prefix / PIPX_RECEIPT).exists():
        return f"pipx runpip {quote(prefix.name)} install"
    if (prefix / UV_RECEIPT).exists() or find_spec("pip") is None:
        return f"uv pip install --python {quote(str(prefix))}"
    return "pip install"
