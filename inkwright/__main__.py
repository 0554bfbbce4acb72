"""``python -m inkwright``: the command line."""

from inkwright.app.cli import app, main

__all__ = ["app"]

if __name__ == "__main__":
    main()
