"""``python -m inkwright``: the command line."""

from inkwright.app.cli.main import app, main

__all__ = ["app", "main"]

if __name__ == "__main__":
    main()
