"""A display that stays in place on a terminal, drawn again several times a second."""

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import RenderableType


class InPlaceDisplay(AbstractContextManager["InPlaceDisplay"]):
    """What a run's progress is shown in; it says what there is to draw in ``_render``."""

    def __init__(self, frames_per_s: int) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console()
        self._live = Live(
            get_renderable=self._render, console=self._console, refresh_per_second=frames_per_s
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _render(self) -> "RenderableType":
        raise NotImplementedError
