"""Snapshots of desks' states, in a store named by a URL: a directory, or object storage.

    <url>/<app>/<desk>/<partition>/<last decided offset>.snapshot

A file is a line `gateway-snapshot <format> <digest of the next line>`, a line of JSON that says
whose state it is, how far it goes and its digest, and the state. It is written under another
name and moved, so it is whole or absent. A snapshot saves time and is never the truth: whatever
is wrong with one, or with the store, is a warning, and an older one or the whole journal serves
instead. `FORMAT` is raised when `state_codec` writes otherwise, and when events fold otherwise,
for then a snapshot holds what the journal no longer says.

Not here: when snapshots are taken, and whether a journal goes on from one (`seat`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import fsspec
import structlog

from gateway.errors import ConfigError
from gateway.shell.state_codec import Buffer

FORMAT = 1
KEPT = 3
MAGIC = b"gateway-snapshot"
ENDING = ".snapshot"
UNFINISHED = ".new"
SAVE_SECONDS = 5.0
LOAD_SECONDS = 30.0

log = structlog.get_logger("gateway.snapshots")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A desk partition's state after a decision.

    Attributes:
        shape: Digest of the state's types, see `state_codec.shape_of`.
        last: Inbox offset of the last message decided.
        message: Digest of that message's bytes, as its journal record has it.
        folded: A journal offset. All decisions that stand before it are in the state, and the
            one on `last` stands at or after it.
        payload: The state, see `state_codec.encode`.
    """

    shape: str
    last: int
    message: bytes
    folded: int
    payload: Buffer


class Unusable(ValueError):
    """A snapshot that cannot be gone on from; the text says why."""


class Snapshots:
    """A store of snapshots, the newest three of each desk partition."""

    def __init__(self, url: str) -> None:
        """Find the file system that the URL names; its own settings are where it looks for them.

        Args:
            url: A directory, or what fsspec understands: `s3://bucket/folder`.

        Raises:
            ConfigError: Nothing installed knows such a URL.
        """
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as wrong:
            scheme = url.partition("://")[0]
            raise ConfigError(
                f"snapshots cannot be kept at a {scheme} URL: {wrong}; name a directory, or "
                "install the fsspec package for it"
            ) from wrong

    def save(self, app: str, desk: str, partition: int, snapshot: Snapshot) -> bool:
        """Write a snapshot and let go of old ones; False, and a warning, if it could not be.

        Args:
            app: Prefix of the gateway's transactional ids.
            desk: The desk.
            partition: Its inbox partition.
            snapshot: What is written.
        """
        folder = self._folder(app, desk, partition)
        path = f"{folder}/{_named(snapshot.last)}"
        try:
            self._write(folder, path, _head(app, desk, partition, snapshot), snapshot.payload)
            self._prune(folder, path)
        # A store is somebody else's code: whatever it raises must not stop a desk.
        except Exception as wrong:
            log.warning("snapshot_not_saved", file=path, reason=_said(wrong))
            return False
        log.info("snapshot_saved", file=path, bytes=len(snapshot.payload))
        return True

    def newest(
        self, app: str, desk: str, partition: int, shape: str, upto: int,
        below: int | None = None,
    ) -> Snapshot | None:  # fmt: skip
        """The newest snapshot that can be gone on from; those passed over are warned of.

        Args:
            app: Prefix of the gateway's transactional ids.
            desk: The desk.
            partition: Its inbox partition.
            shape: Digest of the types of the state wanted.
            upto: Offset before which the journal stands; a snapshot folded beyond is passed over.
            below: An inbox offset: only snapshots of decisions before it are looked at.
        """
        folder = self._folder(app, desk, partition)
        for path in self._found(folder, below):
            try:
                raw = self._files.cat_file(path)
                return _unpacked(raw, (app, desk, partition), shape, upto)
            # As above; what our own checks say is among it.
            except Exception as wrong:
                log.warning("snapshot_passed_over", file=path, reason=_said(wrong))
        return None

    def _folder(self, app: str, desk: str, partition: int) -> str:
        return f"{self._root.rstrip('/')}/{app}/{desk}/{partition}"

    def _found(self, folder: str, below: int | None) -> list[str]:
        """Snapshots in a folder, newest first; none if there is no folder."""
        try:
            whole = [path for path in self._listed(folder) if path.endswith(ENDING)]
        except FileNotFoundError:
            return []
        except Exception as wrong:
            log.warning("snapshots_not_listed", folder=folder, reason=_said(wrong))
            return []
        return whole if below is None else [p for p in whole if _name(p) < _named(below)]

    def _listed(self, folder: str) -> list[str]:
        self._files.invalidate_cache(folder)
        return sorted(self._files.ls(folder, detail=False), reverse=True)

    def _write(self, folder: str, path: str, head: bytes, payload: Buffer) -> None:
        unfinished = path + UNFINISHED
        self._files.makedirs(folder, exist_ok=True)
        try:
            with self._files.open(unfinished, "wb") as file:
                file.write(head)
                file.write(payload)
            self._files.mv(unfinished, path)
        except BaseException:
            self._remove(unfinished)
            raise

    def _prune(self, folder: str, saved: str) -> None:
        """Keep the newest three up to the one saved; one beyond it is of another history."""
        name = _name(saved)
        names = {_name(path): path for path in self._listed(folder)}
        whole = [name for name in names if name.endswith(ENDING)]
        keep = [other for other in whole if other <= name][:KEPT]
        for other, path in names.items():
            if other not in keep:
                self._remove(path)

    def _remove(self, path: str) -> None:
        try:
            self._files.rm_file(path)
        except FileNotFoundError:
            pass
        except Exception as wrong:
            log.warning("snapshot_not_removed", file=path, reason=_said(wrong))


class Keeper:
    """The snapshots of one desk partition, for its seat: a store that hangs is not waited for."""

    def __init__(self, store: Snapshots, app: str, desk: str, partition: int) -> None:
        """Prepare; nothing is read or written yet."""
        self._store = store
        self._owner = (app, desk, partition)
        self._log = log.bind(desk=desk, partition=partition)

    async def save(self, take: Callable[[], Snapshot]) -> None:
        """Take a snapshot at once, and write it while others go on."""
        try:
            snapshot = take()
            saving = asyncio.to_thread(self._store.save, *self._owner, snapshot)
            await asyncio.wait_for(saving, SAVE_SECONDS)
        except TimeoutError:
            self._log.warning("snapshot_slow", seconds=SAVE_SECONDS)
        # No room for its bytes, or a state that was declared wrongly: the journal has it all.
        except Exception as wrong:
            self._log.warning("snapshot_not_taken", reason=_said(wrong))

    async def newest(self, shape: str, upto: int, below: int | None) -> Snapshot | None:
        """The newest snapshot that can be gone on from; see `Snapshots.newest`."""
        loading = asyncio.to_thread(self._store.newest, *self._owner, shape, upto, below)
        try:
            return await asyncio.wait_for(loading, LOAD_SECONDS)
        except TimeoutError:
            self._log.warning("snapshots_slow", seconds=LOAD_SECONDS)
            return None

    def passed_over(self, snapshot: Snapshot, reason: str) -> None:
        """Warn of a snapshot that looked right and was not."""
        self._log.warning("snapshot_passed_over", offset=snapshot.last, reason=reason)


def _named(last: int) -> str:
    return f"{last:020d}{ENDING}"


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _said(wrong: Exception) -> str:
    return str(wrong) if isinstance(wrong, Unusable) else f"{type(wrong).__name__}: {wrong}"


def _digest(content: Buffer) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _head(app: str, desk: str, partition: int, snapshot: Snapshot) -> bytes:
    """The two lines before the state."""
    said = {
        "app": app, "desk": desk, "partition": partition, "shape": snapshot.shape,
        "last": snapshot.last, "message": snapshot.message.hex(), "folded": snapshot.folded,
        "bytes": len(snapshot.payload), "payload": _digest(snapshot.payload),
    }  # fmt: skip
    second = json.dumps(said).encode() + b"\n"
    return b"%s %d %s\n" % (MAGIC, FORMAT, _digest(second).encode()) + second


def _unpacked(raw: bytes, owner: tuple[str, str, int], shape: str, upto: int) -> Snapshot:
    """A snapshot from its file.

    Raises:
        Unusable: It is damaged, another's, of other code, or beyond the journal's end.
    """
    first = raw.find(b"\n") + 1
    second = raw.find(b"\n", first) + 1
    words = raw[:first].split()
    if not first or len(words) != 3 or words[0] != MAGIC:
        raise Unusable("it is no snapshot, or is damaged at its beginning")
    if words[1] != b"%d" % FORMAT:
        raise Unusable(f"it has format {words[1].decode('ascii', 'replace')}, wanted {FORMAT}")
    head, payload = raw[first:second], memoryview(raw)[second:]
    if _digest(head).encode() != words[2]:
        raise Unusable("it is damaged: what it says of itself has another digest")
    said: dict[str, Any] = json.loads(head)
    whose = (said["app"], said["desk"], said["partition"])
    if whose != owner:
        raise Unusable("it is of {} {}/{}, wanted {} {}/{}".format(*whose, *owner))
    if said["shape"] != shape:
        raise Unusable(f"its state has shape {said['shape']}, this version's has {shape}")
    if len(payload) != said["bytes"]:
        raise Unusable(f"its state has {len(payload)} bytes, wanted {said['bytes']}")
    if _digest(payload) != said["payload"]:
        raise Unusable("its state is damaged: it has another digest")
    if said["folded"] >= upto:
        raise Unusable(f"it goes to {said['folded']}, the journal ends at {upto}")
    return Snapshot(shape, said["last"], bytes.fromhex(said["message"]), said["folded"], payload)
