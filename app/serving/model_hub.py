"""Fetching a model file from a hub that speaks Hugging Face's protocol, checked by its SHA-256.

Size and SHA-256 are what the hub says before anything is fetched: the headers of the file's address
(``X-Linked-Size``, ``X-Linked-Etag``), else the listing of its folder (``lfs.oid``); see
https://huggingface.co/docs/hub/api. The hub usually redirects to another host for the bytes; the
token stays with the hub. huggingface_hub is not used: it checks no SHA-256 after a download, keeps
a cache of its own, and takes a token from files that nobody named here.
"""

import difflib
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from inkwright.app.config.model_folder import (
    SUFFIX,
    ModelOrigin,
    find_parts,
    get_model_path,
    read_origin,
    write_origin,
)
from inkwright.app.config.version import VERSION
from inkwright.app.serving.model_catalogue import CATALOGUE
from inkwright.memory.errors import BadInput, InkwrightError
from inkwright.memory.text.addresses import without_secrets

DEFAULT_HUB = "https://huggingface.co"
REVISION = "main"
SPARE_BYTES = 64 * 1024 * 1024
"""Left free on the disk after a download."""
IDLE_TRIES = 3
"""Attempts in a row that bring nothing new before a download is given up; it can go on later."""
MAX_REDIRECTS = 5
TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_REFERENCE = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)/(?P<file>[^\s\\?#%]+\.gguf)", re.ASCII)
_ONE_OF_SEVERAL = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)

Progress = Callable[[int], None]
"""Is told how many bytes of the file are there."""


class DownloadFailed(InkwrightError):
    """A model file did not come whole and right. The message says what to do."""


@dataclass(frozen=True)
class ModelReference:
    """A file in a repository of a hub, and the name that it gets here."""

    name: str
    repo: str
    file: str
    licence: str = ""
    """Empty: the repository says it."""


def parse_reference(text: str, name: str | None = None) -> ModelReference:
    """Return what a short name or ``org/repo/file.gguf`` stands for; ``name`` replaces its name.

    Raises:
        BadInput: it is neither, or one of several files that only work together.
    """
    name = name.removesuffix(SUFFIX) if name else None
    for model in CATALOGUE:
        if text == model.name:
            return ModelReference(name or text, model.repo, model.file, model.licence)
    match = _REFERENCE.fullmatch(text)
    if match is None or any(part in ("", ".", "..") for part in text.split("/")):
        raise BadInput(_describe_unknown_model(text))
    if _ONE_OF_SEVERAL.search(text):
        raise BadInput(f"{text} is one part of a model in several files; choose a whole one")
    file = match["file"]
    stem = file.rpartition("/")[2].removesuffix(SUFFIX)
    return ModelReference(name or stem, match["repo"], file)


class ModelHub:
    """A hub, for one command. ``token`` is sent to its own host alone."""

    def __init__(self, address: str, token: str = "") -> None:
        """Take a hub's address. Raises BadInput where it is none, or the token is not one."""
        self.address = address.rstrip("/")
        if not _is_web_address(self.address):
            raise BadInput("HF_ENDPOINT must look like https://huggingface.co")
        if not (token.isascii() and token.isprintable()):
            raise BadInput("HF_TOKEN has characters that no token has; copy it again")
        headers = {"User-Agent": f"inkwright/{VERSION}", "Accept-Encoding": "identity"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._has_token = bool(token)
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, max_redirects=MAX_REDIRECTS)

    @classmethod
    @contextmanager
    def open(cls, environment: Mapping[str, str]) -> Iterator["ModelHub"]:
        """Yield the hub that HF_ENDPOINT names, with HF_TOKEN; Hugging Face where it names none."""
        hub = cls(
            environment.get("HF_ENDPOINT", "").strip() or DEFAULT_HUB,
            environment.get("HF_TOKEN", "").strip(),
        )
        with hub._client:
            yield hub

    @property
    def host(self) -> str:
        """The hub's host, with its port where it has one of its own."""
        return urlsplit(without_secrets(self.address)).netloc

    def look_up(self, reference: ModelReference) -> ModelOrigin:
        """Return what the hub says of a file: its size and its SHA-256.

        Raises:
            BadInput: there is no such file, it may not be had, or the hub tells no SHA-256 of it.
            DownloadFailed: the hub cannot be reached, or does not answer as a hub does.
        """
        headers = self._ask_for_headers(reference)
        size, sha256 = headers.get("x-linked-size", ""), _unquote(headers.get("x-linked-etag", ""))
        if not (size.isdecimal() and _SHA256.fullmatch(sha256)):
            size, sha256 = self._find_in_listing(reference)
        return ModelOrigin(
            without_secrets(self.address), reference.repo, reference.file, int(size), sha256
        )

    def download(self, origin: ModelOrigin, target: Path, progress: Progress) -> None:
        """Fetch a file to ``target``, going on where an earlier download of it was cut off.

        ``target`` is only replaced by a file whose SHA-256 is right.

        Raises:
            BadInput: the file may not be had, the disk has no room, or another process fetches it.
            DownloadFailed: the connection broke (what came is kept), or the file is not the one
                that the hub described (what came is removed).
        """
        part = target.with_name(f"{target.name}.{origin.sha256[:16]}.part")
        try:
            for folder in (target.parent.parent, target.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for old_part in find_parts(target):
                if old_part != part:  # the hub has another file by now
                    old_part.unlink()
            with _open_alone(part) as file:
                _check_space(part, origin)
                self._fetch(origin, file, progress)
                _check_content(file, part, origin)
                os.fsync(file.fileno())
                write_origin(target, origin)
                part.replace(target)
        except OSError as fault:
            raise BadInput(f"cannot write {part}: {fault.strerror}") from fault

    def _fetch(self, origin: ModelOrigin, file: FileIO, progress: Progress) -> None:
        """Append what is missing, as often as it takes while each attempt brings more."""
        most_bytes, idle_tries = _measure(file), 0
        progress(most_bytes)
        while _measure(file) < origin.size_bytes:
            try:
                self._append_rest(origin, file, progress)
                fault_text = "the connection ended early"
            except httpx.HTTPError as fault:
                fault_text = _describe_fault(fault)
            if _measure(file) > most_bytes:
                most_bytes, idle_tries = _measure(file), 0
            elif (idle_tries := idle_tries + 1) >= IDLE_TRIES:
                raise DownloadFailed(
                    f"{self.host}: {fault_text} after {_measure(file):,} of "
                    f"{origin.size_bytes:,} bytes; they are kept: the same command goes on"
                )

    def _append_rest(self, origin: ModelOrigin, file: FileIO, progress: Progress) -> None:
        start = _measure(file)
        with self._client.stream(
            "GET",
            self._build_url(origin),
            headers={"Range": f"bytes={start}-"} if start else {},
            follow_redirects=True,
        ) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                file.truncate(0)
                return
            if response.status_code not in (200, 206):
                self._refuse(response, origin)
            if response.status_code == 200:
                file.truncate(0)  # it sends all of it, whatever was asked for
            elif not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
                raise DownloadFailed(f"{response.url.host} sends another part than was asked for")
            for chunk in response.iter_bytes():
                if _measure(file) + len(chunk) > origin.size_bytes:
                    file.truncate(0)
                    raise DownloadFailed(
                        f"{response.url.host} sends more than the {origin.size_bytes:,} bytes that "
                        f"{self.host} told of; nothing is kept"
                    )
                if file.write(chunk) < len(chunk):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                progress(_measure(file))

    def _ask_for_headers(self, reference: ModelReference) -> httpx.Headers:
        """Return the headers of a file's address, after redirects within the hub's own host."""
        request = self._client.build_request("HEAD", self._build_url(reference))
        for hop in range(MAX_REDIRECTS):
            response = self._send(request)
            if hop == 0 and response.status_code >= 400 and response.status_code not in (405, 501):
                self._refuse(response, reference)
            onward = response.next_request
            if onward is None or "x-linked-etag" in response.headers:
                break
            if onward.url.netloc != request.url.netloc:
                break
            request = onward
        return response.headers

    def _find_in_listing(self, reference: ModelReference) -> tuple[str, str]:
        """Return size and SHA-256 as the listing of a file's folder has them."""
        for entry in self._iter_listing(reference, reference.file.rpartition("/")[0]):
            if entry.get("path") == reference.file:
                lfs = entry.get("lfs")
                stored = lfs if isinstance(lfs, dict) else {}
                size, sha256 = str(stored.get("size", "")), str(stored.get("oid", ""))
                if size.isdecimal() and _SHA256.fullmatch(sha256.removeprefix("sha256:")):
                    return size, sha256.removeprefix("sha256:")
                raise BadInput(
                    f"{self.host} tells no SHA-256 of {reference.repo}/{reference.file}, so that "
                    "it could not be checked; choose another file"
                )
        raise BadInput(f"{self.host} has no {reference.file} in {reference.repo}")

    def _iter_listing(self, reference: ModelReference, folder: str) -> Iterator[dict[str, Any]]:
        url = f"{self.address}/api/models/{reference.repo}/tree/{REVISION}"
        next_url: str | None = f"{url}/{quote(folder)}" if folder else url
        while next_url:
            response = self._send(self._client.build_request("GET", next_url), redirects=True)
            if response.status_code >= 400:
                self._refuse(response, reference)
            try:
                entries = response.json()
            except ValueError:
                entries = None
            if not isinstance(entries, list):
                raise DownloadFailed(f"{self.host} does not answer as a model hub does")
            yield from (entry for entry in entries if isinstance(entry, dict))
            link = response.links.get("next", {}).get("url")
            next_url = str(response.url.join(link)) if link else None
            if next_url and httpx.URL(next_url).netloc != response.url.netloc:
                raise DownloadFailed(f"{self.host} goes on with its listing on another host")

    def _send(self, request: httpx.Request, *, redirects: bool = False) -> httpx.Response:
        try:
            return self._client.send(request, follow_redirects=redirects)
        except httpx.HTTPError as fault:
            raise DownloadFailed(
                f"{self.host} cannot be reached ({_describe_fault(fault)}); HF_ENDPOINT names "
                "another hub"
            ) from fault

    def _build_url(self, location: ModelReference | ModelOrigin) -> str:
        return f"{self.address}/{location.repo}/resolve/{REVISION}/{quote(location.file)}"

    def _refuse(self, response: httpx.Response, location: ModelReference | ModelOrigin) -> None:
        """Raise what an answer without the file means."""
        host, status = response.url.netloc.decode(), response.status_code
        page = f"{without_secrets(self.address)}/{location.repo}"
        if status in (404, 410):
            missing = f"no {location.file} in {location.repo}"
            raise BadInput(f"{host} has {missing}; look at {page}/tree/{REVISION}")
        if status in (401, 403):
            advice = (
                f"accept its terms at {page} with the account of HF_TOKEN, or mend HF_TOKEN"
                if self._has_token
                else f"it is gated, private or not there: accept its terms at {page}, make a token "
                "that may read it, and set HF_TOKEN"
            )
            raise BadInput(f"{host} refuses {location.repo} ({status}): {advice}")
        raise DownloadFailed(f"{host} answers {status} for {location.repo}; try again later")


def choose_target(home: Path, reference: ModelReference) -> Path:
    """Return where a model goes.

    Raises:
        BadInput: a model from elsewhere has that name.
    """
    target = get_model_path(home, reference.name)
    if target.exists():
        existing = read_origin(target)
        if existing is None or existing.reference != f"{reference.repo}/{reference.file}":
            owner = existing.reference if existing else "a file of your own"
            raise BadInput(f"{target} is {owner}; give this one another name with --name")
    return target


def is_current(target: Path, origin: ModelOrigin) -> bool:
    """True when the file that the hub describes is there already, whichever hub it came from."""
    existing = read_origin(target) if target.exists() else None
    return (
        existing is not None
        and existing.sha256 == origin.sha256
        and target.stat().st_size == origin.size_bytes
    )


def _describe_unknown_model(text: str) -> str:
    names = [model.name for model in CATALOGUE]
    similar_names = difflib.get_close_matches(text, names, 1)
    hint = f"did you mean {similar_names[0]}? " if similar_names else ""
    return (
        f"no model {text[:200]!r}: {hint}The list has {', '.join(names)}; any other is named by "
        "org/repo/file.gguf"
    )


@contextmanager
def _open_alone(part: Path) -> Iterator[FileIO]:
    """Open the file that holds what came so far, for this process alone."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "a+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise BadInput(f"another process is fetching {part.name} already") from fault
        try:
            yield file
        finally:
            if not _measure(file):
                part.unlink(missing_ok=True)


def _check_space(part: Path, origin: ModelOrigin) -> None:
    missing_bytes = origin.size_bytes - part.stat().st_size
    free_bytes = shutil.disk_usage(part.parent).free
    if missing_bytes + SPARE_BYTES > free_bytes:
        raise BadInput(
            f"{part.parent} has {format_size(free_bytes)} free, and {format_size(missing_bytes)} "
            "are to come: make room, or set INKWRIGHT_HOME to a folder on another disk"
        )


def _check_content(file: FileIO, part: Path, origin: ModelOrigin) -> None:
    """Refuse, and remove, what is not the file that the hub described, or no model."""
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != origin.sha256:
        part.unlink()
        raise DownloadFailed(
            f"what came of {origin.reference} has the SHA-256 {sha256}, and the hub told of "
            f"{origin.sha256}: it is removed; the file may have changed meanwhile, so try once more"
        )
    if magic != b"GGUF":
        part.unlink()
        raise BadInput(f"{origin.reference} is not a GGUF model file; it is removed")


def _is_web_address(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError):
        return False
    return url.scheme in ("http", "https") and bool(url.host)


def _measure(file: FileIO) -> int:
    return os.fstat(file.fileno()).st_size


def _describe_fault(fault: httpx.HTTPError) -> str:
    return str(fault) or type(fault).__name__


def _unquote(etag: str) -> str:
    return etag.removeprefix("W/").strip('"').lower()


def format_size(size_bytes: int) -> str:
    """Say a size as hubs do: in units of 1000."""
    for unit, one in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= one:
            return f"{size_bytes / one:.3g} {unit}"
    return f"{size_bytes} bytes"
