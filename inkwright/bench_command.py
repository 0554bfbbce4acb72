"""``inkwright-bench``: the benchmarks of the checkout that Inkwright is installed from."""

import sys
from importlib import import_module
from pathlib import Path

import typer

from inkwright.app.cli.errors import Exit


def main() -> int:
    """Run the benchmarks of the checkout; they are no part of an installed package."""
    checkout = Path(__file__).resolve().parent.parent
    if not (checkout / "benchmarks" / "bench.py").is_file():
        typer.echo("inkwright-bench needs a checkout of Inkwright: `make install` in one", err=True)
        return Exit.BAD_INPUT
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))
    code: int = import_module("benchmarks.bench").main()
    return code
