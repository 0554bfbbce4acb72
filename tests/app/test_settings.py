"""Explicit argument, then environment, then file, then default."""

from pathlib import Path

import pytest

from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.memory.errors import BadInput


def test_argument_environment_file_and_default_in_this_order(monkeypatch, home: Path):
    home.mkdir()
    (home / "inkwright.toml").write_text("concurrency = 2\ntries = 2\ntemperature = 0.2\n")
    Path("inkwright.toml").write_text("concurrency = 3\ntries = 3\n")
    monkeypatch.setenv("INKWRIGHT_TRIES", "5")
    found = Settings.load(timeout_s=9.0)
    assert found.timeout_s == 9.0
    assert found.tries == 5
    assert found.concurrency == 3
    assert found.temperature == 0.2
    assert found.context_tokens is None


def test_a_library_cannot_move_itself(home: Path):
    home.mkdir()
    (home / "inkwright.toml").write_text('home = "elsewhere"\n')
    with pytest.raises(BadInput, match="INKWRIGHT_HOME"):
        Settings.load()


def test_an_unknown_key_in_the_file_names_the_nearest():
    Path("inkwright.toml").write_text('modle = "x"\n')
    with pytest.raises(BadInput, match=r"modle in inkwright\.toml.*did you mean 'model'\?"):
        Settings.load()


@pytest.mark.parametrize("text", ["model =", "model = [", "\udcff"])
def test_a_file_that_is_not_toml_is_refused(text: str):
    Path("inkwright.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=r"inkwright\.toml"):
        Settings.load()


def test_a_wrong_value_is_refused_where_it_stands(monkeypatch):
    monkeypatch.setenv("INKWRIGHT_CONCURRENCY", "many")
    with pytest.raises(BadInput, match="^INKWRIGHT_CONCURRENCY: .*whole number"):
        Settings.load()


def test_keys_are_never_shown(monkeypatch):
    monkeypatch.setenv("INKWRIGHT_API_KEY", "sesame-42")
    monkeypatch.setenv("INKWRIGHT_WRITER_API_KEY", "sesame-43")
    monkeypatch.setenv("INKWRIGHT_API_BASE", "http://a/v1")
    monkeypatch.setenv("INKWRIGHT_MODEL", "m")
    settings = Settings.load()
    with endpoints.serve_models(settings) as calling:
        assert (
            "sesame"
            not in f"{settings!r}{settings}{calling!r}{endpoints.resolve_models(settings)!r}"
        )
        assert calling.endpoints["writer"].api_key == "sesame-43"


def test_with_nothing_set_what_to_set_is_said():
    with pytest.raises(BadInput, match="INKWRIGHT_API_BASE.*INKWRIGHT_MODEL"):
        endpoints.resolve_models(Settings.load())


def test_an_address_without_a_model_points_to_doctor():
    with pytest.raises(BadInput, match="INKWRIGHT_MODEL is not set.*doctor"):
        endpoints.resolve_models(Settings.load(api_base="http://a/v1"))


def test_an_address_that_is_none_is_refused():
    with pytest.raises(BadInput, match="http://"):
        endpoints.resolve_models(Settings.load(api_base="localhost:8000/v1", model="m"))


@pytest.mark.parametrize(
    ("model", "served"),
    [
        ("qwen", "hosted_vllm/qwen"),
        ("Qwen/Qwen3-8B", "hosted_vllm/Qwen/Qwen3-8B"),
        ("openai/gpt-oss", "openai/gpt-oss"),
        ("hosted_vllm/openai/gpt-oss-20b", "hosted_vllm/openai/gpt-oss-20b"),
    ],
)
def test_a_name_without_a_provider_is_served_by_vllm(model: str, served: str):
    with endpoints.serve_models(Settings.load(api_base="http://a/v1", model=model)) as calling:
        assert calling.endpoints["writer"].model == served


def test_replicas_and_roles_have_addresses_of_their_own():
    settings = Settings.load(
        api_base="http://a/v1, http://b/v1/",
        model="m",
        reviewer_model="big",
        reviewer_api_base="http://c/v1",
        api_key="one",
    )
    with endpoints.serve_models(settings) as calling:
        assert calling.endpoints["writer"].api_bases == ("http://a/v1", "http://b/v1")
        assert calling.endpoints["reviewer"].api_bases == ("http://c/v1",)
        assert calling.endpoints["reviewer"].api_key == "EMPTY", "a key stays with its address"
        assert "embedder" not in calling.endpoints


def test_a_role_without_a_model_is_named():
    with pytest.raises(BadInput, match="archivist.*INKWRIGHT_ARCHIVIST_MODEL"):
        endpoints.resolve_models(
            Settings.load(api_base="http://a/v1", planner_model="p", writer_model="w")
        )


def writers(**given: object) -> list[tuple[str, tuple[str, ...], str]]:
    """Return the writer's models with their addresses and keys."""
    settings = Settings.load(**{"api_base": "http://a/v1", "model": "m", **given})
    with endpoints.serve_models(settings) as calling:
        used = calling.writers or (calling.endpoints["writer"],)
        assert used[-1] == calling.endpoints["writer"], "the strongest is the role's own"
        return [(e.model, e.api_bases, e.api_key) for e in used]


def test_a_writer_can_have_models_from_weak_to_strong(monkeypatch):
    expected = [(f"hosted_vllm/{n}", ("http://a/v1",), "EMPTY") for n in ("small", "large")]
    assert writers(writer_model=["small", "large"]) == expected
    Path("inkwright.toml").write_text('writer_model = ["small", "large"]\n')
    monkeypatch.setenv("INKWRIGHT_TRUST", str(Path.cwd()))
    assert writers() == expected
    monkeypatch.setenv("INKWRIGHT_WRITER_MODEL", " small, large ,")
    assert writers() == expected
    monkeypatch.setenv("INKWRIGHT_WRITER_MODEL", "large,")
    assert writers() == expected[1:], "one name is no list"


def test_each_of_the_writers_models_can_have_its_address_and_key():
    assert writers(
        writer_model="small,middle,openai/large",
        writer_api_base="http://s/v1/;http://m1/v1,http://m2/v1/chat/completions;",
        writer_api_key="one;two;three",
        api_key="general",
    ) == [
        ("hosted_vllm/small", ("http://s/v1",), "one"),
        ("hosted_vllm/middle", ("http://m1/v1", "http://m2/v1"), "two"),
        ("openai/large", (), "three"),
    ]


def test_one_address_is_that_of_all_the_writers_models():
    assert [
        bases for _, bases, _ in writers(writer_model="a,b", writer_api_base="http://w/v1")
    ] == [
        ("http://w/v1",),
        ("http://w/v1",),
    ]


def test_replicas_of_a_single_writer_stay_replicas():
    addresses = ("http://a/v1", "http://b/v1")
    for given in ("http://a/v1,http://b/v1", addresses):
        assert writers(writer_api_base=given, writer_api_key="a;b") == [
            ("hosted_vllm/m", addresses, "a;b")
        ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"writer_model": "a,b", "writer_api_base": "http://a/v1;http://b/v1;http://c/v1"},
         "INKWRIGHT_WRITER_API_BASE has 3 parts .* for 2 models"),
        ({"writer_model": "a,b", "writer_api_key": "1;2;3"},
         "INKWRIGHT_WRITER_API_KEY has 3 parts .* for 2 models"),
        ({"writer_model": "a,b,a"}, "writer_model: 'a' is in it twice"),
    ],
)  # fmt: skip
def test_a_list_of_models_that_does_not_fit_is_refused(given: dict[str, str], message: str):
    with pytest.raises(BadInput, match=message):
        writers(**given)


def test_addresses_of_several_models_are_shown_without_passwords():
    settings = Settings.load(
        writer_model="a,b", writer_api_base="http://u:sesame@a/v1;http://u:sesame@b/v1"
    )
    assert "sesame" not in repr(settings)


def test_what_is_said_before_a_run_names_all_the_writers_models():
    said = endpoints.describe_models(
        Settings.load(api_base="http://a/v1", model="m", writer_model="small,large")
    )
    assert said == "small at a, and large at a"


def test_a_form_can_name_several_models_for_the_writer():
    settings = Settings.load(api_base="http://a/v1", model="m")
    changed = settings.with_models({"writer": "small, large", "reviewer": " judge ", "editor": ""})
    with endpoints.serve_models(changed) as calling:
        assert [e.model for e in calling.writers] == ["hosted_vllm/small", "hosted_vllm/large"]
        assert calling.endpoints["reviewer"].model == "hosted_vllm/judge"
        assert calling.endpoints["editor"].model == "hosted_vllm/m"
    with pytest.raises(BadInput, match="'a' is in it twice"):
        settings.with_models({"writer": "a,a"})
