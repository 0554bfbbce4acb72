"""Settings: explicit argument, then environment, then ``inkwright.toml``, then default.

What the current folder's file says of addresses and the like counts only where it is trusted.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from inkwright.agents.llm.config import ThinkingLevel, TokenPrice
from inkwright.app.config.paths import (
    ENV_PREFIX,
    SETTINGS_FILE,
    find_library_home,
    load_file_settings,
)
from inkwright.app.config.validation_messages import describe_error, suggest_name
from inkwright.memory.errors import BadInput
from inkwright.memory.text.addresses import without_secrets

INDEX_URL_PATTERN = r"https?://[^/@\s]+(/([\w-]{3,200}/?)?)?"


def _split_addresses(value: Any) -> Any:
    if isinstance(value, str):
        parts = (part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return tuple(part.removesuffix("/chat/completions").rstrip("/") for part in parts)
    return value


def _read_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as fault:
        raise ValueError(f"it must be a JSON object ({fault})") from fault


def _strip_text(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _check_index_url(index_url: str | None) -> str | None:
    if index_url is not None and not re.fullmatch(INDEX_URL_PATTERN, index_url.strip()):
        raise ValueError("it must look like http://host:8000/NAME, NAME of 3 letters or more")
    return index_url and index_url.strip().rstrip("/")


AddressList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_addresses)]
"""Base addresses such as ``http://127.0.0.1:8000/v1``; several, with commas, are replicas."""
ModelName = Annotated[str | None, BeforeValidator(_strip_text)]
RequestFields = Annotated[dict[str, JsonValue] | None, NoDecode, BeforeValidator(_read_json)]
"""Fields of a request: JSON in the environment, a table in a file."""


class Settings(BaseSettings):
    """What Inkwright is set up with. Made once, by ``Settings.load``, and passed down."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    home: Path = Field(default_factory=find_library_home)
    """The library folder; by default in the user's data folder."""
    library_url: SecretStr | None = None
    """Another database for the library, as SQLAlchemy names it."""
    index_url: Annotated[str | None, AfterValidator(_check_index_url)] = None
    """A Chroma server for the vector index, such as ``http://host:8000/NAME``."""

    api_base: AddressList = ()
    """Where the models answer; several, separated by commas, share the load."""
    api_key: SecretStr | None = None
    """Sent to the endpoint; ``EMPTY`` if not set. No other key of the environment ever is."""
    model: ModelName = None
    """The model of every role that has none of its own: its name, or ``embedded``, or the path of a
    ``.gguf`` file; without an address also the name of one that ``inkwright model get`` fetched."""
    planner_model: ModelName = None
    """The model of one role."""
    writer_model: ModelName = None
    archivist_model: ModelName = None
    reviewer_model: ModelName = None
    editor_model: ModelName = None
    embedder_model: ModelName = None
    """Without an embedder's own, MiniLM is used offline: serve a multilingual one for languages
    other than English."""
    planner_api_base: AddressList = ()
    """Where one role's model answers."""
    writer_api_base: AddressList = ()
    archivist_api_base: AddressList = ()
    reviewer_api_base: AddressList = ()
    editor_api_base: AddressList = ()
    embedder_api_base: AddressList = ()
    planner_api_key: SecretStr | None = None
    """The key for one role's endpoint."""
    writer_api_key: SecretStr | None = None
    archivist_api_key: SecretStr | None = None
    reviewer_api_key: SecretStr | None = None
    editor_api_key: SecretStr | None = None
    embedder_api_key: SecretStr | None = None

    concurrency: int = Field(default=8, ge=1, le=1024)
    """Model calls in flight at once."""
    context_tokens: int | None = Field(default=None, ge=1024)
    """Context length of the served models. None: ask the endpoint."""
    timeout_s: float = Field(default=600.0, gt=0)
    """Seconds without a sign of life after which a model call counts as failed."""
    tries: int = Field(default=4, ge=1, le=20)
    """Attempts at one call before the endpoint counts as unreachable."""
    temperature: float = Field(default=0.7, ge=0, le=2)
    """Sampling temperature of the writer's text."""

    thinking: ThinkingLevel = "auto"
    """How much models think before they answer: ``off``, ``low``, ``medium``, ``high``, or
    ``auto``: the planner and the reviewer may, the others do not. Where a server cannot be told,
    there is room for thoughts instead."""
    planner_thinking: ThinkingLevel | None = None
    """The same for one role."""
    writer_thinking: ThinkingLevel | None = None
    archivist_thinking: ThinkingLevel | None = None
    reviewer_thinking: ThinkingLevel | None = None
    editor_thinking: ThinkingLevel | None = None
    sampling: RequestFields = None
    """Sampling settings for prose, as JSON: ``{"top_p": 0.9, "dry_multiplier": 0}``. They replace
    ours, which fit the server."""
    planner_sampling: RequestFields = None
    """A role's own, for all its calls."""
    writer_sampling: RequestFields = None
    archivist_sampling: RequestFields = None
    reviewer_sampling: RequestFields = None
    editor_sampling: RequestFields = None
    extra_body: RequestFields = None
    """What goes into the body of every request as it stands, as JSON:
    ``{"provider": {"require_parameters": true}}`` for OpenRouter."""
    planner_extra_body: RequestFields = None
    """The same for one role's requests."""
    writer_extra_body: RequestFields = None
    archivist_extra_body: RequestFields = None
    reviewer_extra_body: RequestFields = None
    editor_extra_body: RequestFields = None

    prompts: Path | None = None
    """Folder of prompt templates that replace ours, each by its file's name."""

    price_prompt: float | None = Field(default=None, ge=0)
    """Money for a million prompt tokens."""
    price_completion: float | None = Field(default=None, ge=0)
    """Money for a million completion tokens."""
    price_cached: float | None = Field(default=None, ge=0)
    """Money for a million prompt tokens that the provider had kept; None: as ``price_prompt``."""
    prices: Annotated[dict[str, TokenPrice], NoDecode, BeforeValidator(_read_json)] = {}
    """Prices of single models, by their names, as JSON: ``{"gpt-5": {"prompt": 1.25,
    "cached": 0.125, "completion": 10}}``; in the file a table, ``[prices."gpt-5"]``. They come
    before those of all models. Without any, the prices that LiteLLM carries are used, in USD;
    nothing is fetched."""
    price_gpu_hour: float | None = Field(default=None, ge=0)
    """Money for an hour of the machine, instead of a price by the token."""
    currency: str = "USD"
    """The currency of these prices."""
    prompt_speed: float = Field(default=2000.0, gt=0)
    """Prompt tokens a second, for estimates, until the model's own speed has been measured."""
    completion_speed: float = Field(default=30.0, gt=0)
    """Completion tokens a second in one stream, until it has been measured."""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            masked_values = map(without_secrets, value) if str(name).endswith("api_base") else None
            yield name, value if masked_values is None else tuple(masked_values)

    @property
    def library_address(self) -> str | None:
        """``library_url`` with its password; None: the file in the library folder."""
        return self.library_url.get_secret_value() if self.library_url else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        explicit_values = init_settings() if isinstance(init_settings, InitSettingsSource) else {}
        file_values = load_file_settings(
            explicit_values.get("home"), known_names=settings_cls.model_fields
        )
        file_values.pop("home", None)
        return init_settings, env_settings, InitSettingsSource(settings_cls, file_values)

    @classmethod
    def load(cls, **explicit: Any) -> Self:
        """Return the settings in force; arguments that are None count as not given.

        Raises:
            BadInput: an unknown name, or a value that cannot be; the message says where it stands.
        """
        explicit_values = {name: value for name, value in explicit.items() if value is not None}
        try:
            return cls(**explicit_values)
        except ValidationError as fault:
            error = fault.errors(include_input=False, include_url=False)[0]
            name = str(error["loc"][0])
            location = _find_setting_location(name, explicit_values)
            if error["type"] == "extra_forbidden":
                setting_names = tuple(cls.model_fields)
                raise BadInput(
                    f"{location}: no such setting{suggest_name(name, setting_names)}"
                ) from fault
            raise BadInput(f"{location}: {describe_error(error)}") from fault

    def role(self, role: str, field: str) -> Any:
        """Return a role's own ``model``, ``api_base``, ``thinking``...; empty when it has none."""
        return getattr(self, f"{role}_{field}")


def _find_setting_location(name: str, explicit_values: dict[str, Any]) -> str:
    if name in explicit_values:
        return name
    if os.environ.get(ENV_PREFIX + name.upper()):
        return ENV_PREFIX + name.upper()
    return f"{name} in {SETTINGS_FILE}"
