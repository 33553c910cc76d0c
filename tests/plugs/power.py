"""Power cuts: what a worker wrote is recorded (strace), and replayed with what was not synced dropped.

`python -m tests.plugs.power --points 200 --seed 1`. After each crash point the folder is put
together as a disk could hold it: everything synced before the cut; of the rest nothing, all, or any part,
torn at sectors; names (created, renamed, removed files) only once their folder was synced, or some of them in
their order. Then every promise said before the cut must hold.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.plugs.stage import KINDS, ROOT, Said, Stage

ROUNDS = {"review": 12, "backup": 3, "restore": 2, "export": 3, "models": 4}
SECTOR = 512
CALLS = (
    "openat,write,pwrite64,writev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,"
    "clone,clone3,fork,vfork,link,linkat,mkdir,rmdir,lseek,sendfile,copy_file_range"
)
_LINE = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(eq=False)
class Node:
    """A file's content: what it was at first, and what happened to it, by event number."""

    first: bytes = b""
    changes: list[tuple[int, int, bytes | None]] = field(default_factory=list)
    syncs: list[int] = field(default_factory=list)

    def content(self, cut: int, how: str, chance: random.Random) -> bytes:
        """As a disk could hold it when the power goes after event `cut`."""
        safe = max((number for number in self.syncs if number <= cut), default=-1)
        data = bytearray(self.first)
        for number, offset, piece in self.changes:
            if number > cut:
                break
            if number > safe and how != "all" and (how == "none" or chance.random() < 0.5):
                continue
            torn = number > safe and how == "some" and chance.random() < 0.3
            if piece is None:
                del data[offset:]
                data.extend(bytes(offset - len(data)))
            else:
                length = chance.randrange(len(piece) // SECTOR + 1) * SECTOR if torn else len(piece)
                data.extend(bytes(max(0, offset - len(data))))
                data[offset : offset + length] = piece[:length]
        return bytes(data)


@dataclass(frozen=True)
class NameChange:
    """At that event: in that folder a name begins to mean a file (or nothing)."""

    number: int
    folder: str
    changes: tuple[tuple[str, Node | None], ...]


class Recording:
    """What a worker did to the files under a folder."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.first = {str(path): Node(path.read_bytes()) for path in root.rglob("*") if path.is_file()}
        self.names = dict(self.first)
        self.changes: list[NameChange] = []
        self.folder_syncs: list[tuple[int, str]] = []
        self.said: list[tuple[int, bytes]] = []
        self.events = 0
        self._children: set[str] = set()
        self._open: dict[int, tuple[str, Node | None]] = {}
        self._at: dict[int, int] = {}

    def read(self, log: Path) -> None:
        """Take in a log of strace -f -xx."""
        pending: dict[str, str] = {}
        lines = log.read_text().splitlines()
        self._find_children(lines)
        for line in lines:
            process, _, call = line.partition(" ")
            call = call.strip()
            if call.endswith("<unfinished ...>"):
                pending[process] = call.removesuffix("<unfinished ...>")
                continue
            resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", call)
            if resumed:
                call = pending.pop(process, "") + resumed[1]
            match = _LINE.match(call)
            if match and int(match[3]) >= 0:
                texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(match[2])]
                # Only the worker itself writes to the folder; a child's handles are others.
                if process not in self._children and match[1] not in ("clone", "clone3", "fork", "vfork"):
                    self._take(match[1], match[2], texts, int(match[3]))

    def _find_children(self, lines: list[str]) -> None:
        """Processes that the worker began, and theirs; its threads are not among them."""
        asked: dict[str, str] = {}
        for line in lines:
            process, _, call = line.partition(" ")
            call = call.strip()
            if call.endswith("<unfinished ...>"):
                asked[process] = call
            elif call.startswith("<..."):
                call = asked.pop(process, "") + call
            match = re.match(r"(?:clone3?|v?fork)\(.*= (\d+)$", call)
            if match and ("CLONE_THREAD" not in call or process in self._children):
                self._children.add(match[1])

    def _take(self, call: str, arguments: str, texts: list[bytes], result: int) -> None:
        paths = [os.fsdecode(text) for text in texts]
        number = self.events
        match call:
            case "openat":
                self._opened(paths[0], arguments, result)
            case "rename" | "renameat" | "renameat2":
                if paths[1].startswith(self.root):
                    node = self.names.pop(paths[0])
                    self._name(paths[1], (paths[0], None), (paths[1], node))
            case "link" | "linkat":
                if paths[1].startswith(self.root):
                    self._name(paths[1], (paths[1], self.names[paths[0]]))
            case "unlink" | "unlinkat":
                if paths[0] in self.names:
                    self._name(paths[0], (paths[0], None))
            case "mkdir" | "rmdir":
                return
            case _:
                self._used(call, int(arguments.split(",")[0]), arguments, texts, result, number)

    def _opened(self, path: str, arguments: str, handle: int) -> None:
        self._open.pop(handle, None)
        self._at[handle] = 0
        if not path.startswith(self.root) or path.endswith(("-shm", "-lock", ".lock")):
            return
        node = self.names.get(path)
        if node is None and "O_CREAT" in arguments:
            node = Node()
            self._name(path, (path, node))
        elif node is not None and "O_TRUNC" in arguments:
            node.changes.append((self._next(), 0, None))
        self._open[handle] = (path, node)

    def _used(
        self, call: str, handle: int, arguments: str, texts: list[bytes], result: int, number: int
    ) -> None:
        if call == "write" and handle == 1:
            self.said.append((number, texts[0][:result]))
        path, node = self._open.get(handle, ("", None))
        if not path:
            return
        if call in ("fsync", "fdatasync"):
            if node is None:
                self.folder_syncs.append((self._next(), path))
            else:
                node.syncs.append(self._next())
        elif node is None:
            return
        elif call == "lseek":
            self._at[handle] = result
        elif call == "ftruncate":
            node.changes.append((self._next(), int(arguments.split(",")[1]), None))
        elif call == "pwrite64":
            offset = int(arguments.rsplit(",", 1)[1])
            node.changes.append((self._next(), offset, texts[0][:result]))
        elif call == "write":
            node.changes.append((self._next(), self._at[handle], texts[0][:result]))
            self._at[handle] += result
        else:
            raise AssertionError(f"{call} is not replayed")

    def _next(self) -> int:
        self.events += 1
        return self.events

    def _name(self, path: str, *changes: tuple[str, Node | None]) -> None:
        self.changes.append(NameChange(self._next(), str(Path(path).parent), changes))
        for name, node in changes:
            if node is None:
                self.names.pop(name, None)
            else:
                self.names[name] = node

    def put_together(self, cut: int, how: str, chance: random.Random, target: Path) -> None:
        """Write the folder as a disk could hold it after the cut."""
        names = dict(self.first)
        folders = {change.folder for change in self.changes}
        kept = {}
        for folder in folders:
            synced = max(
                (number for number, path in self.folder_syncs if path == folder and number <= cut), default=-1
            )
            kept[folder] = {"none": synced, "all": cut}.get(how, chance.randint(synced, max(synced, cut)))
        for change in self.changes:
            if change.number <= min(cut, kept[change.folder]):
                for name, node in change.changes:
                    if node is None:
                        names.pop(name, None)
                    else:
                        names[name] = node
        for name, node in names.items():
            path = target / os.path.relpath(name, self.root)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(node.content(cut, how, chance))

    def said_before(self, cut: int) -> Said:
        """What was said up to the cut."""
        import json

        text = b"".join(piece for number, piece in self.said if number <= cut)
        return [json.loads(line) for line in text.splitlines() if line.endswith(b"}")]


def record(stage: Stage, folder: Path, network: bool) -> Recording:
    """Run the stage's work once, recorded."""
    stage.reset()
    stage.data.mkdir(exist_ok=True)
    recording = Recording(folder)
    log = folder.parent / f"{folder.name}.strace"
    command = ["strace", "-f", "-qq", "-xx", "-s", "100000000", "-e", f"trace={CALLS}", "-o", str(log)]
    done = subprocess.run(
        [*command, *stage.command(ROUNDS.get(stage.kind, 1))],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HEMATODESK_NETWORK_DRIVE": str(int(network)),
        },
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-2000:])
    recording.read(log)
    log.unlink()
    return recording


def run(
    kind: str, points: int, seed: int, folder: Path, network: bool = False
) -> tuple[int, Counter[str], list[str]]:
    """(events recorded, points tried by what was dropped, faults)."""
    chance = random.Random(seed)
    inside = folder / "stage"
    stage = Stage(kind, inside)
    shutil.rmtree(folder / "before", ignore_errors=True)
    recording = record(stage, inside, network)
    tried: Counter[str] = Counter()
    faults = []
    hows = ("none", "some", "all")
    for number in range(points):
        # Evenly over the work, and at its very end.
        cut = recording.events * (number + 1) // points
        how = hows[number % 3]
        made = folder / "cut"
        recording.put_together(cut, how, chance, made)
        tried[how] += 1
        found = stage.faults(recording.said_before(cut), made / "data", made / "other")
        faults += [f"{kind}, event {cut} of {recording.events}, {how} kept: {fault}" for fault in found]
        shutil.rmtree(made, ignore_errors=True)
    return recording.events, tried, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--network", action="store_true", help="with the journal of a network drive")
    options = parser.parse_args()
    bad = []
    for kind in options.kinds:
        with tempfile.TemporaryDirectory(prefix="plugs-") as folder:
            events, tried, faults = run(kind, options.points, options.seed, Path(folder), options.network)
        print(f"{kind:10} {events:6} writes and syncs, cuts {dict(tried)}, {len(faults)} faults", flush=True)
        bad += faults
    for fault in bad[:40]:
        print(fault)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
