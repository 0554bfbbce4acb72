"""How the simulated server behaves: one frozen value, changed as a whole while it runs."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Rate = float
"""A probability from 0 to 1, drawn from a hash of the request, so that it is repeatable."""

Role = Literal["planner", "writer", "archivist", "reviewer", "editor", "embedder", "unknown"]
FaultName = Literal[
    "500", "503", "429", "401", "400",
    "hang", "hold", "slow", "drop", "drop_before", "garbage",
    "truncate", "cut_json", "no_json", "wrong_keys", "fences", "think", "prose_around",
    "empty", "refusal", "wrong_language", "oversized", "loop", "controls",
]  # fmt: skip

Habit = Literal[
    "scenes", "signed", "codey", "poem", "closing", "hashtag", "canthelp", "nul", "surrogate",
    "pair",
]  # fmt: skip
"""How a model puts what it writes; see ``tests.simserver.habits``."""


class Options(BaseModel):
    """Base of every part of the configuration: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Match(Options):
    """Which requests a fault rule is about. What is left out matches every request."""

    role: Role | None = None
    schema_name: str | None = Field(default=None, alias="schema")
    """Name of the answer's JSON schema, such as ``Delta``."""
    section: str | None = None
    contains: str | None = None
    """Text that must stand in one of the messages (or embedding inputs)."""
    nth: int | tuple[int, ...] | None = None
    """Only these, of the requests that match all of the above, counted from 1 (server state)."""
    probability: Rate = 1.0


class FaultRule(Options):
    """One fault, and when it strikes. Of several rules that match, the first strikes.

    - ``500`` ... ``400``: that HTTP status, at once; ``429`` with a Retry-After header;
    - ``hang``: no answer, ever; ``hold``: none until released; ``slow``: ``delay_s`` later;
    - ``drop_before``: the connection closes without a byte; ``drop``: half-way through the answer;
      ``garbage``: bytes that are not HTTP;
    - ``truncate``: the answer's first 60 %, with ``finish_reason``; ``cut_json``: the same, but
      the model says it has finished;
    - the others are complete answers with unusable, or barely usable, content.
    """

    fault: FaultName
    match: Match = Match()
    times: int | None = None
    """Strikes at most so often in all (server state)."""
    times_each: int | None = None
    """Strikes each distinct request at most so often (server state): a retry gets through."""
    retry_after_s: float = 1.0
    """For ``429``."""
    delay_s: float = 1.0
    """For ``slow``."""
    finish_reason: Literal["stop", "length"] = "length"
    """For ``truncate``."""


class Planted(Options):
    """Something about a subject that the writer of a section writes."""

    section: str
    subject: str
    attribute: str
    brief: str = ""
    """Only in works whose brief contains these words."""


class Fact(Planted):
    """A fact that the section states, and later ones must know."""

    value: str
    aliases: tuple[str, ...] = ()
    """Other names of the subject."""


class Need(Planted):
    """A fact that the section restates, rightly only if its prompt shows it.

    The subject may be named by an alias.
    """

    wrong: str | None = None
    """What is written when the prompt does not show the fact. None: made up."""


class JudgeFail(Options):
    """A judged constraint that drafts break until they say ``as required by ID``."""

    constraint: str
    """The constraint's id, or words of its text."""
    section: str | None = None
    """None: in every section."""


class Due(Options):
    """A phrase that a request wants in some of the units it numbers."""

    phrase: str
    units: tuple[int, ...]
    line: str
    """The words of the request that say so."""


class KnownTask(Options):
    """What a model that reads well finds in a request: the simulated one is told.

    It still forgets and misses lengths as the rates say.
    """

    request: str
    words: int = Field(ge=1)
    """What to aim at for the whole."""
    least: int | None = None
    most: int | None = None
    length_line: str = ""
    """The words of the request that state the length of the whole."""
    units: int = 0
    """0: it asks for no numbered units."""
    unit: str = ""
    """What a unit is called in its heading."""
    heading: str = ""
    """Heading of a unit, with ``{n}``."""
    unit_words: int = 0
    """Fewest words of a unit."""
    unit_line: str = ""
    ending: str = ""
    """What closes the text."""
    due: tuple[Due, ...] = ()
    points: tuple[str, ...] = ()
    """What each unit tells of, in a plan that is made of the request; empty: not fixed."""
    alone: str = ""
    """The words by which the request wants the phrases in no other unit."""


class SimConfig(Options):
    """Everything about the simulated server. Changes take effect with the next request."""

    # What is served
    models: tuple[str, ...] = Field(default=("sim-model",), min_length=1)
    embedding_model: str = "sim-embedding"
    embedding_dims: int = Field(default=128, ge=8, le=4096)
    api_key: str | None = None
    """Required as a bearer token below ``/v1`` when set."""
    max_model_len: int = Field(default=32_768, ge=16)
    """Prompt and answer together, in tokens."""
    log_messages: bool = True
    by_model: dict[str, dict[str, Any]] = {}
    """Fields that are other for one of the models served: ``{"weak": {"requirements_limit": 2}}``.
    """

    # Time
    slots: int = Field(default=8, ge=1)
    """Requests served at once; others wait their turn."""
    prefill_ms_per_token: float = Field(default=0.0, ge=0)
    """For each prompt token that is not in the prefix cache."""
    decode_ms_per_token: float = Field(default=0.0, ge=0)
    embed_ms_per_text: float = Field(default=0.0, ge=0)
    tokens_per_chunk: int = Field(default=1, ge=1)
    """Tokens in each streamed event."""

    # Prefix cache
    block_tokens: int = Field(default=16, ge=1)
    cache_blocks: int = Field(default=8192, ge=0)
    """Capacity; the least recently used blocks make room."""

    # Planner
    plan_faults: tuple[str, ...] = ()
    """Ids of sections whose purpose the plan check replaces once."""

    # Writer
    length_factor: float = Field(default=1.0, ge=0)
    """Words written for each word asked for."""
    length_error: Rate = 0.0
    """0.6: the factor is further multiplied by something between 0.4 and 1.6."""
    continue_factor: float = Field(default=1.0, ge=0)
    """The same as ``length_factor``, when asked for so many more words."""
    continue_error: Rate = 0.0
    """The same as ``length_error``, when asked for so many more words."""
    forget_probability: Rate = 0.0
    """That a requirement with a quoted phrase is ignored."""
    requirements_limit: int | None = None
    """Most phrases of requirements that a section is written with. None: all."""
    words_limit: int | None = None
    """Most words of one answer. None: as many as are asked for."""
    repeat_probability: Rate = 0.0
    """That a sentence is an earlier one again."""
    stock_probability: Rate = 0.0
    """That a sentence is one of those few that every section of the piece has."""
    stock_opening: Rate = 0.0
    """That a text begins with the words that every section of the piece begins with."""
    loop_probability: Rate = 0.0
    """That an answer ends in one sentence over and over."""
    habit: Habit | None = None
    facts: tuple[Fact, ...] = ()
    needs: tuple[Need, ...] = ()
    citations: int = Field(default=3, ge=0)
    """Sentences of its sources that a section copies, each with its citation."""
    invents_sources: Rate = 0.0
    """That a citation names a source there is not."""
    misquotes: Rate = 0.0
    """That what is copied is copied wrongly."""
    distractors: int = Field(default=0, ge=0)
    """Unasked-for facts about other subjects, in each section."""

    known: tuple[KnownTask, ...] = ()
    """Requests whose reading is given; see ``tests.simserver.known``."""

    # Archivist
    archivist_miss: Rate = 0.0
    """That a stated fact is not remembered."""
    archivist_false: Rate = 0.0
    """That a delta has one item too many: with a quote, or a fact, that is not in the draft."""
    archivist_events: int = Field(default=0, ge=0)
    """Sentences of each draft remembered as events."""
    summary_facts: int = Field(default=0, ge=0)
    """Stated facts that the summary repeats."""

    # Reviewer
    judge_fails: tuple[JudgeFail, ...] = ()
    judge_miss: Rate = 0.0
    """That a broken constraint, or a contradiction, is passed."""
    judge_false: Rate = 0.0
    """That a sound one is reported."""
    judge_invents: Rate = 0.0
    """That the quote of a finding is made up."""

    control_errors: Rate | None = None
    """That a control question is answered wrongly; None: as often as a real one."""
    seam_faults: Rate = 0.0
    """That a section's beginning is said not to join the end of the one before."""

    # Editor
    trim_error: Rate = 0.0
    """0.6: sentences named make up between 0.4 and 1.6 of the words to be cut."""
    densify_error: Rate = 0.0
    """The same for words to be worked in."""
    editor_ignores: Rate = 0.0
    """That no edit is made."""
    editor_oscillates: bool = False
    """Each patch mends its first finding only, and undoes what earlier patches added."""

    faults: tuple[FaultRule, ...] = ()
    salt: str = ""
    """Part of every draw: change it for another run of luck."""

    @field_validator("by_model")
    @classmethod
    def _check_fields(cls, by_model: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for changes in by_model.values():
            cls.model_validate(changes)
        return by_model

    def for_model(self, name: str) -> "SimConfig":
        """Return the configuration as it is for one of the models."""
        changes = SimConfig.model_validate(self.by_model.get(name, {}))
        return self.model_copy(update={n: getattr(changes, n) for n in changes.model_fields_set})

    def control_rate(self, *, sound: bool) -> float:
        """Return how often a control question about something sound, or broken, goes wrong."""
        if self.control_errors is not None:
            return self.control_errors
        return self.judge_false if sound else self.judge_miss
