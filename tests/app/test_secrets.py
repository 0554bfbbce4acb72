"""Keys and passwords reach the address that is set, and no other host, message or screen."""

from collections.abc import Iterator

import pytest

from inkwright.app.config.settings import Settings
from tests.listener import Listener

KEY = "sesame-42"


@pytest.fixture
def stranger() -> Iterator[Listener]:
    with Listener().listening() as listener:
        yield listener


def test_a_redirect_takes_neither_key_nor_text_to_another_host(cli, monkeypatch, stranger):
    with Listener(redirect=stranger.root).listening() as own:
        monkeypatch.setenv("INKWRIGHT_API_BASE", own.base)
        monkeypatch.setenv("INKWRIGHT_API_KEY", KEY)
        monkeypatch.setenv("INKWRIGHT_MODEL", "m")
        result = cli("doctor")
    assert own.requests
    assert stranger.requests == []
    assert f"redirects to {stranger.root}" in result.stdout


def test_a_password_in_an_address_is_never_shown(cli, monkeypatch):
    with Listener().listening() as own:
        base = own.base.replace("//", "//me:opensesame@") + "?key=barleycorn"
        monkeypatch.setenv("INKWRIGHT_API_BASE", base)
        without_a_model = cli("doctor").output
        monkeypatch.setenv("INKWRIGHT_MODEL", "m")
        shown = [without_a_model, cli("doctor").output, cli("write", "A story.").output]
        shown += [repr(Settings.load())]
    for text in shown:
        assert "127.0.0.1" in text
        assert "opensesame" not in text
        assert "barleycorn" not in text
