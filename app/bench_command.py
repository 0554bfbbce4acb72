"""``inkwright-bench``: the benchmarks of the checkout that Inkwright is installed from."""

import sys
from importlib import import_module
from pathlib import Path


def main() -> int:
    """Run the benchmarks of the checkout; they are no part of an installed package."""
    checkout = Path(__file__).resolve().parent.parent
    if not (checkout / "benchmarks" / "bench.py").is_file():
        said = "inkwright-bench needs a checkout of Inkwright: run `make install` in one"
        print(said, file=sys.stderr)  # noqa: T201
        return 2
    if str(checkout) not in sys.path:
        sys.path.insert(0, str(checkout))
    code: int = import_module("benchmarks.bench").main()
    return code
