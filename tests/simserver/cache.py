"""The prefix cache: which blocks of a prompt are known already, as vLLM keeps it."""

from collections import OrderedDict
from collections.abc import Sequence


class PrefixCache:
    """Whole blocks of tokens, each known by its own tokens and everything before it."""

    def __init__(self, capacity_blocks: int, block_tokens: int) -> None:
        self.capacity_blocks, self.block_tokens = capacity_blocks, block_tokens
        self._stored: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._stored)

    def look_up(self, tokens: Sequence[str]) -> tuple[int, list[int]]:
        """Return how many leading ``tokens`` are cached, and their whole blocks, now kept.

        At least the last token is always computed, so a prompt is never cached to its end.
        """
        blocks = self._blocks(tokens, [])
        known = 0
        for block in blocks[: max(0, len(tokens) - 1) // self.block_tokens]:
            if block not in self._stored:
                break
            known += 1
        self._keep(blocks)
        return known * self.block_tokens, blocks

    def keep(self, blocks: list[int], tokens: Sequence[str]) -> None:
        """Keep the whole blocks of ``tokens``: a prompt, of known ``blocks``, with its answer."""
        self._keep(self._blocks(tokens, blocks))

    def _blocks(self, tokens: Sequence[str], known: list[int]) -> list[int]:
        """Return the blocks of ``tokens``, the first of which are ``known``."""
        size, blocks = self.block_tokens, list(known)
        parent = blocks[-1] if blocks else 0
        for end in range(size * (len(blocks) + 1), len(tokens) + 1, size):
            parent = hash((parent, *tokens[end - size : end]))
            blocks.append(parent)
        return blocks

    def _keep(self, blocks: Sequence[int]) -> None:
        """Make ``blocks`` the most recent, the first most of all: ends are evicted first."""
        stored = self._stored
        for block in reversed(blocks):
            stored[block] = None
            stored.move_to_end(block)
        while len(stored) > self.capacity_blocks:
            stored.popitem(last=False)
