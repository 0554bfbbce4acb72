"""Fetching a model for the CPU: from a hub of our own, which redirects to another host."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.serving.model_catalogue import CATALOGUE
from inkwright.app.serving.model_hub import parse_reference
from inkwright.memory.errors import BadInput
from tests.model_hub import FILE, FakeHub, serve

NAME = FILE.removesuffix(".gguf")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with serve(FakeHub()) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        yield running


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "models"


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()} if folder.is_dir() else set()


def the_part(folder: Path) -> Path:
    (part,) = folder.glob("*.part")
    return part


def test_a_model_is_described_fetched_checked_and_used_by_its_name(cli, hub, folder, home):
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 0
    assert hashlib.sha256(hub.content).hexdigest() in done.stdout
    assert f"{len(hub.content):,} bytes" in done.stdout
    assert f"export INKWRIGHT_MODEL={NAME}" in done.stdout
    assert (folder / FILE).read_bytes() == hub.content
    assert files(folder) == {FILE, f"{NAME}.json"}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    for name in (NAME, FILE, hub.name):
        models = endpoints.resolve_models(Settings.load(model=name))
        assert {model.embedded_file for model in models} == {folder / FILE}


def test_another_name_can_be_given(cli, hub, folder):
    assert cli("model", "get", hub.name, "--yes", "--name", "mine").exit_code == 0
    assert files(folder) == {"mine.gguf", "mine.json"}
    assert "mine" in cli("model", "list").stdout


def test_a_name_is_the_endpoints_where_there_is_one(cli, hub):
    cli("model", "get", hub.name, "--yes")
    settings = Settings.load(model=NAME, api_base="http://127.0.0.1:9/v1")
    assert {m.embedded_file for m in endpoints.resolve_models(settings)} == {None}


def test_it_says_that_an_endpoint_comes_first(cli, hub, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://127.0.0.1:9/v1")
    assert "unset INKWRIGHT_API_BASE" in cli("model", "get", hub.name, "--yes").stdout


def test_the_token_goes_to_the_hub_and_to_no_other_host(cli, hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    done = cli("model", "get", hub.name, "--yes")
    assert {r.headers["Authorization"] for r in hub.requests} == {"Bearer hf_secret"}
    assert hub.served
    assert {r.headers["Authorization"] for r in hub.served} == {None}
    assert "hf_secret" not in done.output


def test_a_file_in_a_folder_is_found_in_the_listing_where_headers_say_nothing(cli, hub, folder):
    hub.folder, hub.has_headers = "q4/", False
    assert cli("model", "get", hub.name, "--yes").exit_code == 0
    assert (folder / FILE).read_bytes() == hub.content


@pytest.mark.parametrize("has_headers", [True, False])
def test_a_repository_that_moved_within_the_hub_is_followed(
    cli, hub, folder, monkeypatch, has_headers
):
    hub.moved_from, hub.has_headers = "old/Name-GGUF", has_headers
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert cli("model", "get", f"old/Name-GGUF/{FILE}", "--yes").exit_code == 0
    assert (folder / FILE).read_bytes() == hub.content
    assert {r.headers["Authorization"] for r in hub.requests} == {"Bearer hf_secret"}


def test_a_file_without_a_checksum_is_refused(cli, hub, folder):
    hub.has_headers = hub.has_lfs = False
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 2
    assert "tells no SHA-256" in done.stderr
    assert not hub.served


def test_nothing_is_fetched_before_somebody_says_yes(cli, hub, folder):
    done = cli("model", "get", hub.name)
    assert done.exit_code == 2
    assert "give --yes" in done.stderr
    assert not hub.served
    assert files(folder) == set()


def test_a_cut_connection_is_taken_up_where_it_ended(cli, hub, folder):
    hub.cut_after = [1000, 500]
    assert cli("model", "get", hub.name, "--yes").exit_code == 0
    assert [r.headers["Range"] for r in hub.served] == [None, "bytes=1000-", "bytes=1500-"]
    assert (folder / FILE).read_bytes() == hub.content


def test_the_same_command_goes_on_after_it_gave_up(cli, hub, folder):
    hub.cut_after = [1000, 0, 0, 0]
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 1
    assert "1,000 of" in done.stderr
    assert done.stderr.count("\n") == 1
    assert the_part(folder).read_bytes() == hub.content[:1000]
    hub.served.clear()
    assert cli("model", "get", hub.name, "--yes").exit_code == 0
    assert [r.headers["Range"] for r in hub.served] == ["bytes=1000-"]
    assert (folder / FILE).read_bytes() == hub.content


def test_a_host_without_ranges_sends_it_all_again(cli, hub, folder):
    hub.cut_after, hub.knows_ranges = [1000], False
    assert cli("model", "get", hub.name, "--yes").exit_code == 0
    assert (folder / FILE).read_bytes() == hub.content


def test_what_came_of_a_file_that_changed_is_not_gone_on_with(cli, hub, folder):
    hub.cut_after = [1000, 0, 0, 0]
    cli("model", "get", hub.name, "--yes")
    hub.content = b"GGUF" + b"another" * 900
    hub.served.clear()
    assert cli("model", "get", hub.name, "--yes").exit_code == 0
    assert [r.headers["Range"] for r in hub.served] == [None]
    assert (folder / FILE).read_bytes() == hub.content
    assert files(folder) == {FILE, f"{NAME}.json"}


def test_a_wrong_checksum_is_refused_and_what_came_is_removed(cli, hub, folder):
    hub.sha256 = "0" * 64
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 1
    assert "it is removed" in done.stderr
    assert done.stderr.count("\n") == 1
    assert files(folder) == set()


def test_more_bytes_than_the_hub_told_of_are_not_taken(cli, hub, folder):
    hub.size = 2000
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 1
    assert "sends more than the 2,000 bytes" in done.stderr
    assert files(folder) == set()


def test_a_file_that_is_no_model_is_removed(cli, hub, folder):
    hub.content = b"<html>not weights</html>"
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 2
    assert "is not a GGUF model file" in done.stderr
    assert files(folder) == set()


def test_a_model_that_is_here_is_not_fetched_again(cli, hub, monkeypatch):
    cli("model", "get", hub.name, "--yes")
    hub.served.clear()
    monkeypatch.setenv("HF_ENDPOINT", hub.address.replace("127.0.0.1", "localhost"))
    done = cli("model", "get", hub.name)
    assert done.exit_code == 0
    assert "is here already" in done.stdout
    assert not hub.served


def test_a_newer_file_takes_the_place_of_the_old_one_only_when_it_is_whole(cli, hub, folder):
    old = hub.content
    cli("model", "get", hub.name, "--yes")
    hub.content, hub.sha256 = b"GGUF newer", "1" * 64
    assert cli("model", "get", hub.name, "--yes").exit_code == 1
    assert (folder / FILE).read_bytes() == old
    hub.sha256 = None
    assert "in place of another" in cli("model", "get", hub.name, "--yes").stdout
    assert (folder / FILE).read_bytes() == b"GGUF newer"


def test_a_file_of_ones_own_is_not_replaced(cli, hub, folder):
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"GGUF mine")
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 2
    assert "--name" in done.stderr
    assert (folder / FILE).read_bytes() == b"GGUF mine"


@pytest.mark.parametrize(
    ("status", "token", "exit_code", "words"),
    [
        (404, "", 2, f"no {FILE} in"),
        (401, "", 2, "set HF_TOKEN"),
        (403, "", 2, "accept its terms at http"),
        (403, "hf_wrong", 2, "with the account of HF_TOKEN"),
        (503, "", 1, "answers 503"),
        (200, "", 1, "does not answer as a model hub does"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    cli, hub, folder, monkeypatch, status, token, exit_code, words
):
    hub.status = status
    monkeypatch.setenv("HF_TOKEN", token)
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == exit_code
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert files(folder) == set()


def test_a_hub_that_is_not_there_is_one_line(cli, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 1
    assert "127.0.0.1:9 cannot be reached" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("address", ["ftp://hub", "hub", "http://", "http://[::1", "http://h:99x"])
def test_an_address_that_is_none_is_refused(cli, hub, monkeypatch, address):
    monkeypatch.setenv("HF_ENDPOINT", address)
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 2
    assert "must look like https://huggingface.co" in done.stderr


def test_a_disk_without_room_is_told_before_anything_is_fetched(cli, hub, folder):
    hub.size = 10**17
    done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 2
    assert "make room" in done.stderr
    assert files(folder) == set()
    assert not hub.served


def test_two_processes_do_not_fetch_the_same_file(cli, hub, folder):
    folder.mkdir(parents=True)
    part = folder / f"{FILE}.{hashlib.sha256(hub.content).hexdigest()[:16]}.part"
    with part.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = cli("model", "get", hub.name, "--yes")
    assert done.exit_code == 2
    assert "another process is fetching" in done.stderr


def test_a_model_can_be_removed_with_what_was_fetched_of_it(cli, hub, folder):
    hub.cut_after = [1000, 0, 0, 0]
    cli("model", "get", hub.name, "--yes")
    assert cli("model", "remove", NAME).exit_code == 0
    assert files(folder) == set()
    cli("model", "get", hub.name, "--yes")
    assert cli("model", "remove", FILE).exit_code == 0
    assert files(folder) == set()
    done = cli("model", "remove", NAME)
    assert done.exit_code == 2
    assert "there: none" in done.stderr


@pytest.mark.parametrize("name", ["../evil", "embedded", "a/b", ".hidden", ""])
def test_a_name_cannot_lead_out_of_the_folder(cli, hub, name):
    done = cli("model", "remove", name)
    assert done.exit_code == 2
    assert "cannot be a model's name" in done.stderr


@pytest.mark.parametrize(
    "reference",
    [
        "qwen",
        "org/repo",
        "org/repo/../x.gguf",
        "org/repo/x.bin",
        "o/r/a?b.gguf",
        "",
        "a/b.gguf",
    ],
)
def test_what_names_no_file_of_a_hub_is_refused_with_the_list(reference):
    with pytest.raises(BadInput, match=r"qwen3-4b.*org/repo/file\.gguf"):
        parse_reference(reference)


def test_one_part_of_several_is_refused():
    with pytest.raises(BadInput, match="several files"):
        parse_reference("org/repo/big-00001-of-00003.gguf")


def test_the_list_names_what_can_be_fetched(cli):
    listing = cli("model", "list").stdout
    for model in CATALOGUE:
        assert model.name in listing
        assert model.licence in listing
        reference = parse_reference(model.name)
        assert f"{reference.repo}/{reference.file}".startswith(model.repo)


def test_a_damaged_record_is_named(cli, hub, folder):
    cli("model", "get", hub.name, "--yes")
    (folder / f"{NAME}.json").write_text(json.dumps({"repo": "x"}))
    done = cli("model", "list")
    assert done.exit_code == 2
    assert f"{NAME}.json is damaged" in done.stderr
