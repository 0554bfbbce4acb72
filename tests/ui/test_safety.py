"""The studio answers this machine alone, and nothing in a work can do harm to who reads it."""

import socket
import urllib.parse
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from inkwright.memory.domain.brief import Brief
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from tests.builders import drafted, established, planned
from tests.ui.browser import Studio, opened

pytestmark = pytest.mark.ui

SCRIPT = "<script>document.title='stolen'</script><img src=x onerror=\"document.title='stolen'\">"
MARKUP = "**bold** [a](javascript:alert(1)) :material/bolt: $x^2$ `code` ![i](http://192.0.2.1/x)"
ADDRESSES = "See https://192.0.2.1/y, www.evil.example or me@evil.example."
ODD = (
    "\u202eright to left\u202c \u200b\u200d zero, e\u0301\u0301\u0301, 𝕬𝖉𝖆, \ufeff, 👩‍👩‍👧‍👦, 灯塔"
)
LONG = "unbroken" * 3000
WICKED = f"{ADDRESSES}\n\n{SCRIPT}\n\n{MARKUP}\n\n{ODD}\n\n{LONG}"
PAGES = ("brief", "outline", "write", "text", "memory", "review", "inspect", "takeaway")


def test_only_this_machines_names_and_origins_are_answered(studio: Studio) -> None:
    own = f"127.0.0.1:{studio.port}"
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/media/x"):
        for host in ("evil.example", f"evil.example:{studio.port}", f"{own}.evil.example"):
            assert httpx.get(studio.root + path, headers={"Host": host}).status_code == 400
    assert httpx.get(studio.root, headers={"Host": own}).status_code == 200
    assert _greeted(studio, own, f"http://{own}") == 101
    assert _greeted(studio, own, "http://evil.example") == 403
    assert _greeted(studio, "evil.example", "http://evil.example") == 400
    assert _greeted(studio, "evil.example", f"http://{own}") == 400


def test_the_current_folders_files_have_no_say(tmp_path: Path, tab: Page) -> None:
    """Neither Streamlit's, which could let another site in, nor ours before it is trusted."""
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text('[server]\nbaseUrlPath = "strange"\n')
    (tmp_path / "inkwright.toml").write_text('api_base = "http://192.0.2.1/v1"\nmodel = "m"\n')
    studio = Studio(tmp_path / "library", tmp_path, {})
    studio.start()
    try:
        assert "ignoring api_base, model in" in studio.log()
        tab.goto(studio.address("works"))
        expect(tab.get_by_text("ignoring api_base, model in")).to_be_visible()
        expect(tab.get_by_text("Model: no model set")).to_be_visible()
    finally:
        studio.stop()
    assert studio.log().count("ignoring") == 1


def test_a_file_from_another_page_is_refused(studio: Studio) -> None:
    place = f"{studio.root}/_stcore/upload_file/a/b"
    for headers in ({}, {"Origin": "http://evil.example"}, {"X-Xsrftoken": "guessed"}):
        answer = httpx.put(place, files={"file": ("a.md", b"# A")}, headers=headers)
        assert answer.status_code == 403
    allowed = httpx.options(
        place, headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    ).headers["access-control-allow-origin"]
    assert allowed == studio.root


def test_the_studio_is_not_reached_from_another_address(studio: Studio) -> None:
    with socket.socket(socket.AF_INET) as other:
        assert other.connect_ex(("127.0.0.2", studio.port)) != 0


def test_what_stands_in_a_work_is_shown_and_never_run(studio: Studio, tab: Page) -> None:
    with opened(studio.home) as library:
        work = wicked(library)
    for name in PAGES:
        tab.goto(studio.address(name, work=work, section="s1"))
        expect(tab.get_by_role("link", name="Take away")).to_be_visible()
        expect(tab.locator("h1").first).to_be_visible()
        expect(tab.get_by_test_id("stStatusWidget")).to_have_count(0)
        expect(tab.get_by_text("The studio stumbled")).to_have_count(0)
        assert "stolen" not in tab.title()
        assert tab.locator("img[src=x], img[src*='192.0.2.1'], a[href^=javascript]").count() == 0
        assert tab.locator("a[href*='192.0.2.1'], a[href*='evil.example']").count() == 0
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not tab.evaluate(wide), f"{name} is wider than the window"
    tab.goto(studio.address("text", work=work, section="s1"))
    expect(tab.locator(".field textarea").first).to_have_value(WICKED)
    tab.goto(studio.address("text", work=work, section=urllib.parse.quote(SCRIPT), find=LONG[:200]))
    expect(tab.locator(".field textarea").first).to_be_visible()
    tab.goto(studio.address("text", work=urllib.parse.quote(f"{SCRIPT}{ODD}")))
    expect(tab.get_by_text("no work").first).to_be_visible()


def wicked(library: Library) -> str:
    """Return a work in which everything that is shown means ill."""
    brief = Brief(request=WICKED, title=f"{SCRIPT} {MARKUP} {ODD}"[:390], audience=SCRIPT)
    work = works.begin(library, brief, {"plan": "full", "memory": "full", "review": "full"}).id
    with works.hold_lease(library, work) as lease:
        planned(library, lease, 2)
        told = established("s1.1", MARKUP, ODD, SCRIPT, WICKED)
        drafted(library, lease, "s1", WICKED, delta=[told])
        works.record_status(library, lease, "partial", problems=(WICKED,))
    return work


def _greeted(studio: Studio, host: str, origin: str) -> int:
    """Return how the studio answers a browser that asks for its live connection."""
    lines = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        f"Origin: {origin}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    with socket.create_connection(("127.0.0.1", studio.port), timeout=30) as line:
        line.sendall("\r\n".join((*lines, "", "")).encode())
        return int(line.recv(64).split()[1])
