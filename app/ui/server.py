"""The process that serves the writing studio, on this machine alone unless told otherwise."""

import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from inkwright.memory.errors import BadInput
from inkwright.memory.install_command import build_extra_command

FIRST_PORT, PORT_COUNT = 8501, 50
ADDRESS = "127.0.0.1"
MAX_UPLOAD_MB = 50
LIGHT_THEME = {
    "primaryColor": "#2f5d8a",
    "backgroundColor": "#fdfcfa",
    "secondaryBackgroundColor": "#f4f1ea",
    "textColor": "#22262b",
    "borderColor": "#e2ddd2",
}
DARK_THEME = {
    "primaryColor": "#5b93c7",
    "backgroundColor": "#17191d",
    "secondaryBackgroundColor": "#1f2228",
    "textColor": "#e4e1da",
    "borderColor": "#343840",
}
STREAMLIT_OPTIONS = {
    "server.enableXsrfProtection": "true",
    "server.enableCORS": "true",
    "server.maxUploadSize": str(MAX_UPLOAD_MB),
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": ADDRESS,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": "true",
    "theme.headingFont": "serif",
    "theme.baseRadius": "small",
    **{f"theme.light.{name}": value for name, value in LIGHT_THEME.items()},
    **{f"theme.dark.{name}": value for name, value in DARK_THEME.items()},
}
ALLOWED_HOSTS = ("localhost", ADDRESS, "[::1]", "::1")


def check_installed() -> None:
    """See that the studio can be served here.

    Raises:
        BadInput: Streamlit is not installed.
    """
    if find_spec("streamlit") is None:
        raise BadInput(f"the studio needs Streamlit: {build_extra_command('ui')}")


def become_server(port: int, *, browser: bool, host: str = ADDRESS) -> NoReturn:
    """Serve the studio until it is stopped; this process becomes Streamlit's.

    ``host`` is the address to listen on. Whatever it is, only requests for this machine's own name
    are answered, as those that a container's or a tunnel's end on it passes on.
    """
    os.execv(sys.executable, build_command(port, browser=browser, host=host))


def build_command(port: int, *, browser: bool, host: str = ADDRESS) -> list[str]:
    """Return the command line that serves the studio."""
    from inkwright.app.ui import entry

    script = Path(entry.__file__).with_name("inkwright_studio.py")
    options = {
        **STREAMLIT_OPTIONS,
        "server.address": host,
        "server.port": str(port),
        "server.headless": "false" if browser else "true",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    hosts = [f"--server.allowedHosts={host}" for host in ALLOWED_HOSTS]
    program = [sys.executable, "-P", "-m", "inkwright.app.ui.launch", "run", str(script)]
    return [*program, *flags, *hosts]


def find_free_port(host: str, port: int | None) -> int:
    """Return ``port``, or the first free one where none is given.

    Raises:
        BadInput: it is taken, or none is free.
    """
    if port is not None:
        if not _is_free(host, port):
            raise BadInput(f"port {port} is taken; give another with --port")
        return port
    for candidate in range(FIRST_PORT, FIRST_PORT + PORT_COUNT):
        if _is_free(host, candidate):
            return candidate
    raise BadInput(f"no port from {FIRST_PORT} on is free; give one with --port")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe_socket:
        probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe_socket.bind((host, port))
        except OSError:
            return False
    return True
