"""``python -m tests.simserver``: start the simulated server from the command line."""

from tests.simserver.server import main

if __name__ == "__main__":
    main()
