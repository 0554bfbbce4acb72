"""Settings: explicit argument, then environment, then ``inkwright.toml``, then default.

What the current folder's file says of addresses and the like counts only where it is trusted.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from inkwright.app.config.paths import FILE, PREFIX, file_settings, library_home
from inkwright.app.config.validation_messages import nearest, said
from inkwright.memory.errors import BadInput
from inkwright.memory.text.addresses import without_secrets

INDEX_URL = r"https?://[^/@\s]+(/([\w-]{3,200}/?)?)?"


def _split(given: Any) -> Any:
    if isinstance(given, str):
        return tuple(part.strip().rstrip("/") for part in given.split(",") if part.strip())
    return given


def _plain(given: Any) -> Any:
    return given.strip() if isinstance(given, str) else given


def _served_index(given: str | None) -> str | None:
    if given is not None and not re.fullmatch(INDEX_URL, given.strip()):
        raise ValueError("it must look like http://host:8000/NAME, NAME of 3 letters or more")
    return given and given.strip().rstrip("/")


Addresses = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Base addresses such as ``http://127.0.0.1:8000/v1``; several, with commas, are replicas."""
Name = Annotated[str | None, BeforeValidator(_plain)]


class Settings(BaseSettings):
    """What Inkwright is set up with. Made once, by ``Settings.load``, and passed down."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    home: Path = Field(default_factory=library_home)
    """The library folder."""
    library_url: SecretStr | None = None
    """Another database for the library, as SQLAlchemy names it."""
    index_url: Annotated[str | None, AfterValidator(_served_index)] = None
    """A Chroma server for the vector index, such as ``http://host:8000/NAME``."""

    api_base: Addresses = ()
    """Where the models answer; a role's own ``ROLE_api_base`` comes first."""
    api_key: SecretStr | None = None
    model: Name = None
    """The model of every role that has none of its own; ``embedded``; or a ``.gguf`` file."""
    planner_model: Name = None
    writer_model: Name = None
    archivist_model: Name = None
    reviewer_model: Name = None
    editor_model: Name = None
    embedder_model: Name = None
    """None: the offline embedder, where it is installed."""
    planner_api_base: Addresses = ()
    writer_api_base: Addresses = ()
    archivist_api_base: Addresses = ()
    reviewer_api_base: Addresses = ()
    editor_api_base: Addresses = ()
    embedder_api_base: Addresses = ()
    planner_api_key: SecretStr | None = None
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
    """Seconds one model call may take."""
    tries: int = Field(default=4, ge=1, le=20)
    """Attempts at one call before the endpoint counts as unreachable."""
    temperature: float = Field(default=0.7, ge=0, le=2)

    prompts: Path | None = None
    """Folder of prompt templates that replace ours, each by its file's name."""

    price_prompt: float | None = Field(default=None, ge=0)
    """Money for a million prompt tokens."""
    price_completion: float | None = Field(default=None, ge=0)
    """Money for a million completion tokens."""
    price_gpu_hour: float | None = Field(default=None, ge=0)
    """Money for an hour of the machine, instead of a price by the token."""
    currency: str = "USD"
    prompt_speed: float = Field(default=2000.0, gt=0)
    """Prompt tokens a second, for estimates, until the model's own speed has been measured."""
    completion_speed: float = Field(default=30.0, gt=0)
    """Completion tokens a second in one stream, until it has been measured."""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            shown = map(without_secrets, value) if str(name).endswith("api_base") else None
            yield name, value if shown is None else tuple(shown)

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
        given = init_settings() if isinstance(init_settings, InitSettingsSource) else {}
        filed = file_settings(given.get("home"), known=settings_cls.model_fields)
        filed.pop("home", None)
        return init_settings, env_settings, InitSettingsSource(settings_cls, filed)

    @classmethod
    def load(cls, **explicit: Any) -> Self:
        """Return the settings in force; arguments that are None count as not given.

        Raises:
            BadInput: an unknown name, or a value that cannot be; the message says where it stands.
        """
        given = {name: value for name, value in explicit.items() if value is not None}
        try:
            return cls(**given)
        except ValidationError as fault:
            error = fault.errors(include_input=False, include_url=False)[0]
            name = str(error["loc"][0])
            place = _place(name, given)
            if error["type"] == "extra_forbidden":
                known = tuple(cls.model_fields)
                raise BadInput(f"{place}: no such setting{nearest(name, known)}") from fault
            raise BadInput(f"{place}: {said(error)}") from fault

    def role(self, role: str, field: str) -> Any:
        """Return a role's own ``model``, ``api_base`` or ``api_key``; empty when it has none."""
        return getattr(self, f"{role}_{field}")


def _place(name: str, given: dict[str, Any]) -> str:
    if name in given:
        return name
    if os.environ.get(PREFIX + name.upper()):
        return PREFIX + name.upper()
    return f"{name} in {FILE}"
