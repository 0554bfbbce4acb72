"""Money: what calls cost, told before and after, and never more than was allowed."""

import json
from pathlib import Path

import pytest

import inkwright
from inkwright.app.config.endpoints import build_price_list
from inkwright.app.config.settings import Settings
from tests.simserver.process import SimServer

PROMPT, CACHED, COMPLETION = 3.0, 0.5, 15.0
PRICE = {"prompt": PROMPT, "cached": CACHED, "completion": COMPLETION}
BRIEF = "request: A short guide to the tides of a harbour.\ncontinuity: free\noutline:\n" + "".join(
    f"  - {{title: Tide {n}, words: 120, purpose: Where the water stands.}}\n" for n in range(8)
)


@pytest.fixture
def brief() -> Path:
    path = Path("tides.yaml")
    path.write_text(BRIEF)
    return path


@pytest.fixture
def priced(model: SimServer, monkeypatch: pytest.MonkeyPatch) -> SimServer:
    """The server, whose models have a price."""
    monkeypatch.setenv("INKWRIGHT_PRICES", json.dumps({model.model: PRICE}))
    return model


def _bill(server: SimServer) -> float:
    """Return what a provider would ask for all that the server generated."""
    return (
        sum(
            (c.prompt_tokens - c.cached_tokens) * PROMPT
            + c.cached_tokens * CACHED
            + c.completion_tokens * COMPLETION
            for c in server.calls(kind="chat")
        )
        / 1e6
    )


def _report() -> dict:
    return json.loads(Path("out/report.json").read_text())


def test_the_report_says_what_the_calls_cost(cli, priced, brief):
    result = cli("write", brief, "--out", "out")
    cost = _report()["cost"]
    assert cost["total"] == pytest.approx(_bill(priced), abs=1e-5)
    assert cost["currency"] == "USD"
    assert f"{cost['total']:,.4f} USD" in result.stdout
    assert f"{cost['total']:,.4f} USD" in Path("out/report.md").read_text()


def test_where_no_price_is_known_the_report_says_nothing_of_money(cli, model, brief):
    assert cli("write", brief, "--out", "out").exit_code == 0
    assert "cost" not in _report()


@pytest.mark.parametrize("share", [0.5, 0.75, 0.95])
def test_a_run_stops_before_the_money_is_spent_and_says_so(cli, priced, brief, home, share):
    assert cli("write", brief, "--out", "whole", "--seed", "1").exit_code == 0
    limit = round(_bill(priced) * share, 4)
    priced.reset_log(cache=True)
    result = cli("write", brief, "--out", "out", "--seed", "2", "--max-cost", str(limit))
    assert result.exit_code == 1
    assert 0 < _bill(priced) <= limit
    assert f"the limit of {limit:g} USD is used up" in result.stdout
    work = _report()["work"]
    assert cli("resume", work, "--out", "out", "--max-cost", "5").exit_code == 0
    assert _report()["status"] == "complete"


def test_a_limit_with_room_for_the_dearest_calls_stops_nothing(cli, priced, brief):
    assert cli("write", brief, "--out", "out", "--max-cost", "5").exit_code == 0


def test_an_answer_that_breaks_off_counts_as_if_it_were_whole(cli, priced, brief):
    priced.configure(
        faults=[{"fault": "drop", "match": {"role": "writer"}, "times_each": 1}],
    )
    result = cli("write", brief, "--out", "out", "--max-cost", "0.02")
    assert _bill(priced) <= 0.02
    assert "the limit of 0.02 USD" in result.stdout


def test_without_a_price_a_limit_of_money_is_refused_before_the_first_call(cli, model, brief):
    result = cli("write", brief, "--out", "out", "--max-cost", "1")
    assert result.exit_code == 2
    assert f"no price is known of hosted_vllm/{model.model}" in result.stderr
    assert "INKWRIGHT_PRICES" in result.stderr
    assert not model.calls()


@pytest.mark.parametrize("amount", ["0", "-1", "nan", "inf"])
def test_a_limit_of_no_money_is_refused(cli, priced, brief, amount):
    result = cli("write", brief, "--out", "out", "--max-cost", amount)
    assert result.exit_code == 2
    assert "--max-cost must be more than 0" in result.stderr


def test_an_estimate_says_what_the_run_would_cost(cli, priced, brief):
    told = cli("write", brief, "--dry-run").stdout
    assert "USD at 3 and 15 a million tokens" in told
    assert not priced.calls()


def test_from_python_a_run_is_limited_too(priced, home):
    with pytest.raises(inkwright.BadInput, match="no price"):
        inkwright.write(
            inkwright.Brief(request="A note on tides.", words=100),
            settings=Settings.load(prices={"another": PRICE}),
            max_cost=1.0,
        )
    with pytest.raises(inkwright.BudgetSpent, match="used up as far as it can be"):
        inkwright.write(inkwright.Brief(request="A note on tides.", words=100), max_cost=1e-4)
    assert not priced.calls(kind="chat")


def test_a_batch_and_each_of_its_briefs_are_limited(cli, priced):
    lines = [{"id": f"n{n}", "request": f"A note on tide {n}.", "words": 100} for n in range(4)]
    Path("in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = cli("batch", "in.jsonl", "--out", "out.jsonl", "--max-cost", "0.05")
    assert result.exit_code == 1
    assert _bill(priced) <= 0.05
    assert "the limit of 0.05 USD is used up" in result.stdout
    again = cli("batch", "in.jsonl", "--out", "out.jsonl", "--max-cost", "0.05")
    assert again.exit_code == 1
    assert _bill(priced) <= 0.05, "earlier runs count"
    each = cli("batch", "in.jsonl", "--out", "each.jsonl", "--each-max-cost", "1e-4")
    assert each.exit_code == 1
    assert _bill(priced) <= 0.05
    assert cli("batch", "in.jsonl", "--out", "out.jsonl", "--max-cost", "5").exit_code == 0


@pytest.mark.parametrize(
    ("model", "base", "prompt"),
    [
        ("openai/gpt-4o", None, 2.5),
        ("anthropic/claude-sonnet-4-5", None, 3.0),
        ("gpt-4o", "https://api.openai.com/v1", 2.5),
        ("gpt-4o", "http://127.0.0.1:4000/v1", None),
        ("openai/gpt-4o", "https://gateway.example/v1", None),
        ("openai/no-such-model", None, None),
    ],
)
def test_a_providers_price_is_known_without_the_network(model, base, prompt):
    settings = Settings.load(model=model, api_base=base and (base,))
    name = model if "/" in model else f"hosted_vllm/{model}"
    price = build_price_list(settings).find_price(name)
    assert (price and price.prompt) == (prompt and pytest.approx(prompt))


def test_in_another_currency_only_ones_own_prices_count(monkeypatch):
    monkeypatch.setenv("INKWRIGHT_CURRENCY", "EUR")
    assert (
        build_price_list(Settings.load(model="openai/gpt-4o")).find_price("openai/gpt-4o") is None
    )


def test_prices_stand_in_the_file_too_and_mistakes_in_them_are_named(home):
    home.mkdir(parents=True)
    file = home / "inkwright.toml"
    file.write_text('[prices."own/model"]\nprompt = 1\ncompletion = 2\n')
    assert Settings.load().prices["own/model"].completion == 2
    file.write_text('[prices."own/model"]\nprompt = -1\ncompletion = 2\n')
    with pytest.raises(inkwright.BadInput, match="prices in inkwright.toml"):
        Settings.load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKWRIGHT_PRICES", "3")
        with pytest.raises(inkwright.BadInput, match="INKWRIGHT_PRICES"):
            Settings.load()
