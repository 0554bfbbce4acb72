"""``inkwright doctor``, ``connect`` and ``demo`` find servers, try models, and set one."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from inkwright.app.cli.errors import Exit
from inkwright.app.servers.settings_file import replace_settings
from inkwright.app.services.run_options import RunOptions
from tests.app.model_servers import KINDS, FakeModel, Kind, serving

VLLM, _, LLAMA, OLLAMA, LM_STUDIO, *_ = KINDS
LIST = "api_base = [\n  'a', # one\n  'b',\n]\n"


@pytest.fixture
def on_ports(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Serve kinds of servers where ``doctor`` looks; yields the addresses."""

    @contextmanager
    def serve(*kinds: Kind, model: FakeModel | None = None) -> Iterator[list[str]]:
        with ExitStack() as stack:
            ports = [stack.enter_context(serving(kind, model)) for kind in kinds]
            monkeypatch.setattr(
                "inkwright.app.servers.discovery.USUAL_PORTS", dict.fromkeys(ports, "")
            )
            yield [f"http://127.0.0.1:{port}/v1" for port in ports]

    return serve


def _json(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def _settings(home: Path) -> Mapping[str, Any]:
    return tomllib.loads((home / "inkwright.toml").read_text())


def test_doctor_lists_servers_of_every_kind_with_their_models(cli, on_ports):
    with on_ports(*KINDS) as addresses:
        found = _json(cli("doctor", "--json"))["servers"]
    assert [s["kind"] for s in found] == [kind.name for kind in KINDS]
    assert [s["address"] for s in found] == addresses
    contexts = [s["models"][0]["context_tokens"] for s in found]
    assert contexts == [kind.context_tokens for kind in KINDS]


def test_doctor_says_in_plain_lines_what_it_found(cli, on_ports):
    with on_ports(OLLAMA, LM_STUDIO) as (ollama, _):
        said = cli("doctor").stdout
    assert f"found     Ollama 0.12 at {ollama}: q (4,096 tokens of context, loaded)" in said
    assert "text-embedding-nomic (for embeddings)" in said
    assert "inkwright doctor --model NAME" in said


def test_what_answers_at_a_port_and_is_no_model_server_is_passed_over(cli, on_ports):
    with on_ports(Kind("site", {"/": {"hello": 1}, "/v1/models": ["a page"]}, None)):
        assert _json(cli("doctor", "--json"))["servers"] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_model_is_tried_with_the_calls_of_a_run(cli, on_ports, kind):
    model = FakeModel()
    with on_ports(kind, model=model) as (address,):
        result = cli("doctor", "--model", "q")
    assert result.exit_code == 0, result.output
    said = result.stdout
    assert "it keeps rules in the system message" in said
    assert "it fills in forms by their schema" in said
    assert "it does not think before it answers" in said
    assert "its first line was found" in said
    assert f'api_base = "{address}"' in said
    assert 'model = "q"' in said
    assert {"response_format", "seed", "temperature"} <= {k for r in model.requests for k in r}


def test_prompts_cut_without_a_word_are_noticed_and_the_context_is_set(cli, on_ports, home):
    cut = Kind("Ollama", {**OLLAMA.answers, "/api/ps": {"models": []}}, None)
    with on_ports(cut, model=FakeModel(reads_tokens=2048)):
        result = cli("doctor", "--model", "q")
        assert result.exit_code == 3
        assert "said nothing: its real context is about 2,048 tokens" in result.stdout
        assert "OLLAMA_CONTEXT_LENGTH" in result.stdout
        assert "context_tokens = 2048" in result.stdout
        assert cli("connect", "--yes").exit_code == 0
    assert _settings(home)["context_tokens"] == 2048


def test_a_refused_parameter_is_learned_and_told(cli, on_ports):
    with on_ports(VLLM, model=FakeModel(refused=("seed",))):
        result = cli("doctor", "--model", "q", "--json")
    assert result.exit_code == 0
    tried = _json(result)["tried"]
    assert tried["record"]["seed"] is False
    assert any("seed" in t["message"] for t in tried["trials"])


def test_a_model_that_passes_over_schemas_is_shown_the_form(cli, on_ports):
    with on_ports(OLLAMA, model=FakeModel(ignores_schemas=True)):
        tried = _json(cli("doctor", "--model", "q", "--json"))["tried"]
    assert tried["record"]["schema_in_prompt"] is True


def test_a_model_that_thinks_is_found_out(cli, on_ports):
    with on_ports(VLLM, model=FakeModel(thinks=True)):
        result = cli("doctor", "--model", "q", "--json")
    tried = _json(result)["tried"]
    assert tried["record"]["thinks"] is True
    assert tried["record"]["thought_tokens"] > 0
    assert any("not where it is told not to" in t["message"] for t in tried["trials"])


def test_what_doctor_found_out_is_kept_for_runs(cli, on_ports, home):
    from inkwright.memory.served_models.capability_store import load_capabilities
    from inkwright.memory.store.library import Library

    with on_ports(OLLAMA, model=FakeModel(refused=("seed",))) as (address,):
        cli("doctor", "--model", "q")
    library = Library.open(home)
    try:
        record = load_capabilities(library, address, "hosted_vllm/q")
    finally:
        library.close()
    assert record is not None
    assert (record.server, record.seed) == ("ollama", False)


def test_a_model_that_nobody_serves_is_refused_with_what_there_is(cli, on_ports):
    with on_ports(VLLM):
        result = cli("doctor", "--model", "p")
    assert result.exit_code == 2
    assert "no server here serves 'p': they serve q" in result.stderr


def test_several_models_and_nobody_to_ask_is_one_line(cli, on_ports):
    with on_ports(VLLM, LLAMA):
        result = cli("connect", "--yes")
    assert result.exit_code == 2
    assert "choose one with --model" in result.stderr


def test_no_server_at_all_names_the_ports(cli, monkeypatch):
    monkeypatch.setattr("inkwright.app.servers.discovery.USUAL_PORTS", {9: "Ollama"})
    result = cli("connect", "--yes")
    assert result.exit_code == 2
    assert "9 (Ollama)" in result.stderr


def test_an_address_works_with_and_without_its_v1(cli, home):
    with serving(VLLM) as port:
        for address in (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/v1/"):
            assert cli("connect", address, "--yes").exit_code == 0
            assert _settings(home)["api_base"] == f"http://127.0.0.1:{port}/v1"


def test_what_connect_names_next_works_as_it_stands(cli):
    with serving(VLLM) as port:
        said = cli("connect", f"http://127.0.0.1:{port}/v1", "--yes").stdout
        next_command = said.partition("next: inkwright ")[2].partition("   ")[0]
        assert cli(*next_command.split()).exit_code == 0


def test_no_call_goes_to_another_network_unless_told_to(cli, monkeypatch):
    model = FakeModel()
    with serving(VLLM, model) as port:
        monkeypatch.setattr("inkwright.app.servers.discovery.is_private", lambda _: False)
        url = f"http://127.0.0.1:{port}/v1"
        refused = cli("doctor", url)
        assert refused.exit_code == 2
        assert "--paid" in refused.stderr
        assert not model.requests
        assert cli("doctor", url, "--paid").exit_code == 0
        assert model.requests


def test_a_set_model_elsewhere_is_sent_no_call_unless_told_to(cli, monkeypatch):
    model = FakeModel()
    with serving(VLLM, model) as port:
        monkeypatch.setenv("INKWRIGHT_API_BASE", f"http://127.0.0.1:{port}/v1")
        monkeypatch.setenv("INKWRIGHT_MODEL", "q")
        monkeypatch.setattr("inkwright.app.services.doctor.is_private", lambda _: False)
        result = cli("doctor")
        assert "it may cost money" in result.stdout
        assert not model.requests
        cli("doctor", "--paid")
        assert model.requests


def test_connect_keeps_the_file_and_shows_what_it_writes(cli, on_ports, home):
    home.mkdir()
    file = home / "inkwright.toml"
    table = "\n[prices.q]\nprompt = 1\ncompletion = 2\n"
    file.write_text(f'# mine\nmodel = "old"  # the big one\ntries = 2\n{table}')
    with on_ports(LLAMA) as (address,):
        result = cli("connect", "--yes")
    assert result.exit_code == 0
    assert f'  api_base = "{address}"' in result.stdout
    begin = '# mine\nmodel = "q"  # the big one\ntries = 2\n'
    assert file.read_text() == f'{begin}api_base = "{address}"\n{table}'


def test_a_written_connection_is_what_a_run_uses(cli, on_ports, home):
    with on_ports(VLLM):
        assert cli("connect", "--yes").exit_code == 0
        result = cli("doctor", "--json")
    checks = {c["name"]: c for c in _json(result)["checks"]}
    assert checks["planner model"]["ok"]
    assert result.exit_code == 0


def test_a_name_like_a_providers_gets_a_prefix(cli, on_ports, home):
    named = Kind("vLLM", {"/v1/models": {"data": [{"id": "openai/gpt-oss-20b"}]}}, None)
    with on_ports(named):
        cli("connect", "--yes")
        assert _settings(home)["model"] == "hosted_vllm/openai/gpt-oss-20b"
        assert cli("doctor").exit_code == 0


def test_the_environment_that_comes_first_is_named(cli, on_ports, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_MODEL", "another")
    with on_ports(VLLM):
        said = cli("connect", "--yes").stdout
    assert "INKWRIGHT_MODEL is set in the environment and comes first" in said


def test_a_key_is_written_only_when_asked_and_never_shown(cli, home, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_API_KEY", "sk-secret-enough")
    with serving(VLLM, FakeModel(key="sk-secret-enough")) as port:
        url = f"http://127.0.0.1:{port}/v1"
        plain = cli("connect", url, "--yes")
        assert "api_key" not in _settings(home)
        asked = cli("connect", url, "--yes", "--write-key")
    assert _settings(home)["api_key"] == "sk-secret-enough"
    assert "sk-secret" not in plain.output + asked.output
    assert "--write-key" in plain.stdout


def test_no_key_is_sent_to_servers_that_were_only_found(cli, on_ports, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_API_KEY", "sk-secret-enough")
    model = FakeModel()
    with on_ports(VLLM, model=model):
        assert cli("doctor", "--model", "q").exit_code == 0
    assert model.requests
    assert not any("sk-secret" in key for key in model.keys)


def test_at_a_terminal_connect_asks_which_and_whether(cli, on_ports, home, monkeypatch):
    monkeypatch.setattr("inkwright.app.cli.runs.is_interactive", lambda: True)
    with on_ports(VLLM, LLAMA) as (_, llama):
        assert "nothing was written" in cli("connect", input="2\nn\n").stdout
        assert not (home / "inkwright.toml").exists()
        assert cli("connect", input="2\ny\n").exit_code == 0
    assert _settings(home)["api_base"] == llama


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'model = "q"\n'),
        ("# only words", '# only words\nmodel = "q"\n'),
        ("tries = 2", 'tries = 2\nmodel = "q"\n'),
        ("[prices.q]\nprompt = 1\n", 'model = "q"\n[prices.q]\nprompt = 1\n'),
        ("model = '''\na\nb'''\ntries = 2\n", 'model = "q"\ntries = 2\n'),
        ('model = "a#b" # c\r\ntries = 2\r\n', 'model = "q" # c\r\ntries = 2\r\n'),
        ('"model" = "a"\n', 'model = "q"\n'),
        (LIST, LIST + 'model = "q"\n'),
    ],
)  # fmt: skip
def test_a_setting_goes_into_its_place(before, after):
    assert replace_settings(before, {"model": "q"}) == after


@pytest.mark.parametrize("before", ["model = ", "= 3", "[a\n"])
def test_a_file_that_is_no_toml_is_left_alone(cli, on_ports, home, before):
    home.mkdir()
    (home / "inkwright.toml").write_text(before)
    with on_ports(VLLM):
        result = cli("connect", "--yes")
    assert result.exit_code == 2
    assert (home / "inkwright.toml").read_text() == before


def test_the_demo_is_offline_unless_a_person_says_yes(cli, on_ports, monkeypatch):
    written: list[tuple[str | None, tuple[str, ...]]] = []

    def note(_work: str, options: RunOptions, _out: Path | None) -> Exit:
        written.append((options.settings.model, options.settings.api_base))
        return Exit.COMPLETE

    monkeypatch.setattr("inkwright.app.cli.runs.write_and_print", note)
    with on_ports(VLLM) as (address,):
        quiet = cli("demo")
        monkeypatch.setattr("inkwright.app.cli.runs.is_interactive", lambda: True)
        cli("demo", input="n\n")
        asked = cli("demo", input="y\n")
    assert written == [("embedded", ()), ("embedded", ()), ("q", (address,))]
    assert "135 million" in quiet.stdout
    assert "135 million" not in asked.stdout
    for command in ("doctor", "connect", "model get NAME", "ui"):
        assert f"inkwright {command}" in quiet.stdout


def test_the_demo_sends_no_key_to_a_server_that_was_only_found(cli, on_ports, monkeypatch):
    monkeypatch.setenv("INKWRIGHT_API_KEY", "sk-secret-enough")
    monkeypatch.setattr("inkwright.app.cli.runs.is_interactive", lambda: True)
    model = FakeModel()
    with on_ports(VLLM, model=model):
        cli("demo", input="y\n")
    assert model.requests
    assert not any("sk-secret" in key for key in model.keys)
