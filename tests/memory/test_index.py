"""The vector index: real Chroma in a folder, holding vectors under opaque ids and nothing else."""

import hashlib
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from chromadb.api.shared_system_client import SharedSystemClient
from hypothesis import given, settings
from hypothesis import strategies as st

from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.memory.errors import IndexUnusable
from inkwright.memory.retrieval.vector_index import COLLECTIONS, ChromaIndex

PLANTED = "zanzibar"


def vector(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


def at(degrees: float) -> np.ndarray:
    """A vector of any length in this direction."""
    turned = np.radians(degrees)
    return vector(np.cos(turned) * 3, np.sin(turned) * 3, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> ChromaIndex:
    return ChromaIndex(folder, "an-embedder")


def shard_of(work: str) -> int:
    return int(hashlib.sha256(work.encode()).hexdigest()[:8], 16) % COLLECTIONS


def reopened(folder: Path, embedder: str = "an-embedder") -> ChromaIndex:
    """The index as another process opens it."""
    SharedSystemClient.clear_system_cache()
    return ChromaIndex(folder, embedder)


def test_the_nearest_come_first_with_their_cosine_distance(index):
    index.add("w", {"far": at(90), "near": at(10), "middle": at(45)})
    found = index.find_nearest("w", at(0), ["far", "near", "middle"], 10)
    assert list(found) == ["near", "middle", "far"]
    assert found["near"] == pytest.approx(1 - np.cos(np.radians(10)), abs=1e-4)


def test_the_current_folders_dotenv_has_no_say(folder, monkeypatch):
    folder.parent.joinpath(".env").write_text("chroma_api_impl=strange.module.Class\n")
    monkeypatch.chdir(folder.parent)
    index = reopened(folder)
    index.add("w", {"a": at(0)})
    assert list(index.find_nearest("w", at(0), ["a"], 1)) == ["a"]


def test_only_the_ids_asked_for_are_found(index):
    index.add("w", {"a": at(0), "b": at(10)})
    assert list(index.find_nearest("w", at(0), ["b"], 10)) == ["b"]
    assert index.find_nearest("w", at(0), [], 10) == {}


def test_no_more_are_found_than_wanted(index):
    index.add("w", {f"e{n}": at(n) for n in range(20)})
    assert list(index.find_nearest("w", at(0), [f"e{n}" for n in range(20)], 3)) == [
        "e0",
        "e1",
        "e2",
    ]


def test_what_has_no_vector_is_missing_and_is_not_found(index):
    index.add("w", {"a": at(0)})
    assert index.find_missing("w", ["a", "b"]) == ["b"]
    assert list(index.find_nearest("w", at(0), ["a", "b"], 5)) == ["a"]


def test_ties_come_in_the_order_of_their_ids(index):
    index.add("w", {"c": at(5), "a": at(5), "b": at(5)})
    assert list(index.find_nearest("w", at(0), ["b", "c", "a"], 5)) == ["a", "b", "c"]


def test_works_do_not_see_each_other(index):
    index.add("w1", {"a": at(0)})
    index.add("w2", {"a": at(90), "b": at(0)})
    assert index.find_missing("w1", ["a", "b"]) == ["b"]
    assert index.find_nearest("w2", at(90), ["a"], 5)["a"] == pytest.approx(0, abs=1e-4)


def test_a_vector_can_be_stored_again(index):
    index.add("w", {"a": at(0)})
    index.add("w", {"a": at(90)})
    assert index.find_nearest("w", at(90), ["a"], 5)["a"] == pytest.approx(0, abs=1e-4)


def test_nothing_to_store_is_no_fault(index):
    index.add("w", {})
    assert index.find_missing("w", []) == []


def test_vectors_are_there_for_the_next_process(index, folder):
    index.add("w", {"a": at(0), "b": at(90)})
    again = reopened(folder)
    assert again.find_missing("w", ["a", "b", "c"]) == ["c"]
    assert list(again.find_nearest("w", at(0), ["a", "b"], 5)) == ["a", "b"]


def test_another_embedder_has_vectors_of_its_own(index, folder):
    index.add("w", {"a": at(0)})
    other = ChromaIndex(folder, "another-embedder")
    assert other.find_missing("w", ["a"]) == ["a"]
    other.add("w", {"a": vector(1, 0)})
    assert list(other.find_nearest("w", vector(1, 0), ["a"], 5)) == ["a"]
    assert list(index.find_nearest("w", at(0), ["a"], 5)) == ["a"]


def test_a_dropped_work_is_forgotten_whatever_embedder_it_used(index, folder):
    index.add("w1", {"a": at(0)})
    index.add("w2", {"a": at(0)})
    ChromaIndex(folder, "").delete_work("w1")
    again = reopened(folder)
    assert again.find_missing("w1", ["a"]) == ["a"]
    assert again.find_missing("w2", ["a"]) == []


def test_a_work_can_be_filled_again_after_it_was_dropped(index):
    index.add("w", {"a": at(0)})
    index.delete_work("w")
    assert index.find_missing("w", ["a"]) == ["a"]
    index.add("w", {"a": at(0)})
    assert list(index.find_nearest("w", at(0), ["a"], 5)) == ["a"]


@settings(max_examples=15)
@given(st.lists(st.floats(0, 180), min_size=1, max_size=30), st.integers(1, 8))
def test_what_is_found_is_what_is_nearest(shared_index, angles, limit):
    work = f"w{next(_WORKS)}"
    shared_index.add(work, {f"e{n}": at(a) for n, a in enumerate(angles)})
    found = shared_index.find_nearest(work, at(0), [f"e{n}" for n in range(len(angles))], limit)
    exact = sorted(1 - np.cos(np.radians(a)) for a in angles)[:limit]
    assert list(found.values()) == pytest.approx(exact, abs=1e-3)


_WORKS = iter(range(1_000_000))


@pytest.fixture(scope="module")
def shared_index(tmp_path_factory: pytest.TempPathFactory) -> ChromaIndex:
    return ChromaIndex(tmp_path_factory.mktemp("index"), "an-embedder")


# Finding by meaning


class Embedder:
    """Embeds a text by the letters in it, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[t.count(c) for c in "aeiou"] for t in texts], dtype=np.float32) + 0.01


TEXTS = {"entry:p.1:1": "aaa", "s1@1#1": "eee", "s2@1#1": "iii"}


async def test_every_text_is_embedded_once_and_found_by_meaning(index):
    embed = Embedder()
    finder = VectorSearch("w", index, embed)
    assert next(iter(await finder.find_nearest("aa", TEXTS))) == "entry:p.1:1"
    assert next(iter(await finder.find_nearest("ii", TEXTS))) == "s2@1#1"
    assert sorted(embed.asked) == sorted([*TEXTS.values(), "aa", "ii"])
    assert finder.embedded_count == 5


@pytest.mark.parametrize("loss", ["folder deleted", "files deleted", "dropped"])
async def test_an_index_that_was_lost_is_rebuilt_at_the_next_recall(folder, loss):
    before = await VectorSearch("w", ChromaIndex(folder, "e"), Embedder()).find_nearest("aa", TEXTS)
    if loss == "dropped":
        ChromaIndex(folder, "e").delete_work("w")
    elif loss == "files deleted":
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    else:
        shutil.rmtree(folder)
    embed = Embedder()
    again = await VectorSearch("w", reopened(folder, "e"), embed).find_nearest("aa", TEXTS)
    assert again == before
    assert set(TEXTS.values()) <= set(embed.asked)


def test_a_damaged_index_is_one_line_that_says_what_to_do(folder):
    ChromaIndex(folder, "e").add("w", {"a": at(0)})
    SharedSystemClient.clear_system_cache()
    (folder / "chroma.sqlite3").write_bytes(b"garbage" * 1000)
    with pytest.raises(IndexUnusable, match=f"{folder} cannot be used .*delete that folder") as no:
        ChromaIndex(folder, "e")
    assert "\n" not in str(no.value)


def test_an_index_deleted_while_it_is_open_is_a_fault_of_the_index_and_not_a_crash(folder):
    index = ChromaIndex(folder, "e")
    index.add("w", {"a": at(0)})
    shutil.rmtree(folder)
    with pytest.raises(IndexUnusable):
        index.add("w", {"b": at(0)})


def test_vectors_that_another_process_dropped_are_looked_for_again(index, folder):
    index.add("w", {"a": at(0), "b": at(0)})
    ChromaIndex(folder, "an-embedder").delete_work("w")
    with pytest.raises(IndexUnusable):
        index.find_nearest("w", at(0), ["a"], 5)
    assert index.find_missing("w", ["a"]) == ["a"]


async def test_one_text_that_is_missing_is_embedded_alone(folder):
    await VectorSearch("w", ChromaIndex(folder, "e"), Embedder()).find_nearest("aa", TEXTS)
    embed = Embedder()
    finder = VectorSearch("w", reopened(folder, "e"), embed)
    await finder.find_nearest("aa", {**TEXTS, "s3@1#1": "ooo"})
    assert embed.asked == ["aa", "ooo"]


async def test_without_an_index_nothing_is_found_and_nothing_is_embedded():
    embed = Embedder()
    assert await VectorSearch("w", None, embed).find_nearest("aa", TEXTS) == {}
    assert await VectorSearch("w", None, None).find_nearest("aa", TEXTS) == {}
    assert embed.asked == []


async def test_nothing_to_find_costs_nothing(index):
    embed = Embedder()
    assert await VectorSearch("w", index, embed).find_nearest("aa", {}) == {}
    assert embed.asked == []


async def test_the_index_keeps_neither_texts_nor_the_works_name(folder):
    work = f"{PLANTED}-story"
    index = ChromaIndex(folder, "e")
    await VectorSearch(work, index, Embedder()).find_nearest(
        PLANTED, {"s1@1#1": f"In {PLANTED} it rained."}
    )
    assert not [p for p in folder.rglob("*") if p.is_file() and PLANTED.encode() in p.read_bytes()]


def test_an_index_goes_on_after_another_work_of_its_collection_was_dropped(index, folder):
    index.add("w", {"a": at(0), "b": at(90)})
    assert list(index.find_nearest("w", at(0), ["a", "b"], 2)) == ["a", "b"]
    other = next(f"other{n}" for n in range(9999) if shard_of(f"other{n}") == shard_of("w"))
    ChromaIndex(folder, "an-embedder").delete_work(other)
    assert list(index.find_nearest("w", at(90), ["a", "b"], 2)) == ["b", "a"]


def test_what_one_thread_stored_is_not_lost_to_another_that_looked_before(index, monkeypatch):
    looked, stored = threading.Event(), threading.Event()
    collection = index._collection

    class Slow:
        def get(self, **wanted: object) -> object:
            found = collection("w").get(**wanted)
            looked.set()
            assert stored.wait(30)
            return found

    monkeypatch.setattr(index, "_collection", lambda _: Slow())
    with ThreadPoolExecutor(1) as thread:
        missing = thread.submit(index.find_missing, "w", ["a"])
        assert looked.wait(30)
        monkeypatch.setattr(index, "_collection", collection)
        index.add("w", {"a": at(0)})
        stored.set()
        missing.result()
    assert list(index.find_nearest("w", at(0), ["a"], 5)) == ["a"]


def test_what_the_process_held_before_is_in_no_file_of_the_index(index, folder):
    """hnswlib writes its room for elements to come as it lies in memory, heap and all."""
    together = threading.Barrier(24)

    def hold() -> None:
        together.wait(30)
        held = [bytearray(PLANTED.encode() * size) for size in (7_000, 12_000, 60_000) * 3]
        assert held

    for number in range(4):
        with ThreadPoolExecutor(24) as threads:
            for each in [threads.submit(hold) for _ in range(24)]:
                each.result()
        wide = np.random.default_rng(number).normal(size=(100, 384)).astype(np.float32)
        index.add(f"w{number}", {str(n): wide[n] for n in range(100)})
    assert [p.name for p in folder.rglob("data_level0.bin")], "files are there to look into"
    assert not [p for p in folder.rglob("*") if p.is_file() and PLANTED.encode() in p.read_bytes()]
