"""The sandbox's memory: documents by kind, held in memory and written through to one SQLite file.

Everything runs on one event loop, so there is one writer. Changes are collected while a request is handled and
committed before its answer leaves (or its job ends): what a caller was told survives a killed process.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Store:
    """Documents `(kind, id) -> dict`, in order of first insertion, and blobs that are too big for memory."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # NORMAL loses nothing when the process dies, only when the machine does: right for a sandbox.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS documents (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))")
        self._db.execute("CREATE TABLE IF NOT EXISTS blobs (id TEXT PRIMARY KEY, body BLOB)")
        self._kinds: dict[str, dict[str, Document]] = {}
        self._dirty: dict[tuple[str, str], Document | None] = {}
        for kind, key, body in self._db.execute("SELECT kind, id, body FROM documents ORDER BY rowid"):
            self._kinds.setdefault(kind, {})[key] = json.loads(body)

    def all(self, kind: str) -> dict[str, Document]:
        """Every document of a kind by id, oldest first. Change a document, then `put` it again."""
        return self._kinds.setdefault(kind, {})

    def newest_first(self, kind: str) -> Iterator[Document]:
        """Every document of a kind, newest first."""
        return reversed(self.all(kind).values())

    def get(self, kind: str, key: str) -> Document | None:
        """One document, or None."""
        return self.all(kind).get(key)

    def put(self, kind: str, key: str, body: Document) -> Document:
        """Insert or replace a document; durable after `commit`."""
        self.all(kind)[key] = body
        self._dirty[kind, key] = body
        return body

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; True when it was there."""
        self._dirty[kind, key] = None
        return self.all(kind).pop(key, None) is not None

    def next_number(self, name: str, first: int = 1) -> int:
        """A counter that goes on after a restart."""
        counter = self.get("counters", name) or {"value": first - 1}
        value = int(counter["value"]) + 1
        self.put("counters", name, {"value": value})
        return value

    def put_blob(self, key: str, body: bytes) -> None:
        """Keep bytes on disk only."""
        self._db.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?)", (key, body))

    def get_blob(self, key: str) -> bytes | None:
        """Bytes kept under a key, or None."""
        row = self._db.execute("SELECT body FROM blobs WHERE id = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def commit(self) -> None:
        """Write what changed since the last commit, in one transaction."""
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        self._db.execute("BEGIN")
        for (kind, key), body in dirty.items():
            if body is None:
                self._db.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, key))
            else:
                self._db.execute(
                    "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                    (kind, key, json.dumps(body, separators=(",", ":"))),
                )
        self._db.execute("COMMIT")

    def clear(self, keep: tuple[str, ...] = ()) -> None:
        """Forget everything except the kinds named."""
        self._dirty.clear()
        for kind in [kind for kind in self._kinds if kind not in keep]:
            self._kinds[kind].clear()
            self._db.execute("DELETE FROM documents WHERE kind = ?", (kind,))
        self._db.execute("DELETE FROM blobs")

    def close(self) -> None:
        """Commit and close the file."""
        self.commit()
        self._db.close()
