"""Tests the Linux packages on a bare machine: a minimal Debian in a folder, no Python, no network.

    sudo .venv-package/bin/python packaging/bare_machine.py dist/hematodesk dist/hematodesk_0.1.0_amd64.deb

Needs root, debootstrap, unshare, strace, ar, Xvfb and xdotool. The Debian is made once (--system) and kept.
Apt installs an older .deb (the same with another version) and its dependencies there. From then
on everything runs in a network namespace without any interface, as an unprivileged user: the newer .deb
replaces the older and the person's data stay; the smoke test runs on the installed program and, after its
removal, on the bare folder; an administrator's policy and a home that cannot be written to are tried. strace
records every socket that is requested.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from smoke_bench import Failed, Machine, display

SMOKE_TEST = Path(__file__).resolve().parent / "smoke_test.py"
USER = 4711
OLDER = "0.0.9"
INSTALLED = Path("/usr/lib/hematodesk")
TOOLS = ("debootstrap", "unshare", "strace", "ar", "Xvfb", "xdotool", "chroot")
NOT_THERE = ("python3", "python", "gcc", "cc", "pip", "curl", "wget")

_FAMILY = re.compile(r"socket\((AF_\w+)")
_INTERNET = {"AF_INET", "AF_INET6", "AF_PACKET"}
_POLICY = '{"schema": 1, "export": false, "model_import": false}'


def older(deb: Path, folder: Path) -> Path:
    """A copy of a .deb with an older version number and the same data."""
    subprocess.run(["ar", "x", str(deb.resolve())], cwd=folder, check=True)
    (packed,) = folder.glob("control.tar.*")
    inside = folder / "control"
    with tarfile.open(packed) as archive:
        archive.extractall(inside, filter="data")
    words = (inside / "control").read_text("utf-8")
    (inside / "control").write_text(re.sub(r"(?m)^Version: .*$", f"Version: {OLDER}", words), "utf-8")
    packed.unlink()
    with tarfile.open(folder / "control.tar.gz", "w:gz") as archive:
        archive.add(inside, arcname=".")
    made = folder / f"hematodesk_{OLDER}.deb"
    (data,) = folder.glob("data.tar.*")
    parts = ["debian-binary", "control.tar.gz", data.name]
    subprocess.run(["ar", "rc", made.name, *parts], cwd=folder, check=True)
    data.unlink()
    return made


def families(traces: Path) -> Counter[str]:
    """How often each socket family was requested, in all traces of a folder."""
    return Counter(found for file in traces.iterdir() for found in _FAMILY.findall(file.read_text("utf-8")))


class BareMachine:
    """The minimal Debian and the checks in it."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        self.traces = scratch / "traces"
        self.traces.mkdir()
        self.home = scratch / "Ärztin Łucja 血液"
        self.home.mkdir()
        os.chown(self.home, USER, USER)

    def mount(self) -> None:
        """Mount what a running system has: /proc, shared memory, a screen; and the scratch folder."""
        for place in ("proc", "dev/shm", "tmp/.X11-unix", str(self.scratch).lstrip("/")):
            (self.root / place).mkdir(parents=True, exist_ok=True)
        Path("/tmp/.X11-unix").mkdir(exist_ok=True)
        for what in (
            ["-t", "proc", "proc", str(self.root / "proc")],
            ["-t", "tmpfs", "tmpfs", str(self.root / "dev/shm")],
            ["--bind", "/tmp/.X11-unix", str(self.root / "tmp/.X11-unix")],
            ["--bind", str(self.scratch), str(self.root / str(self.scratch).lstrip("/"))],
        ):
            subprocess.run(["mount", *what], check=True)

    def as_root(self, *command: str, network: bool = False) -> str:
        """Run a command as the machine's root; returns its output. Raises Failed."""
        alone = [] if network else ["unshare", "--net"]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        }
        whole = [*alone, "chroot", str(self.root), *command]
        done = subprocess.run(whole, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def as_user(self, *arguments: str, code: int = 0, home: Path | None = None, **more: str) -> str:
        """Run the installed program as an ordinary user; returns its output. Raises Failed."""
        machine = Machine(self.root, USER, self.traces)
        command = machine.command([str(INSTALLED / "hematodesk"), *arguments], Path("/"))
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(home or self.home), "LANG": "C.UTF-8", **more}
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode != code or "Traceback" in done.stdout:
            words = " ".join(arguments)
            raise Failed(f"`{words}` ended with {done.returncode}, not {code}:\n{done.stdout}")
        return done.stdout

    def has(self, name: str) -> bool:
        """Whether the machine has a command of that name."""
        look = ["chroot", str(self.root), "/bin/sh", "-c", f"command -v {name}"]
        return subprocess.run(look, capture_output=True, check=False).returncode == 0


def prepare(root: Path) -> str:
    """Make the minimal Debian unless it is there."""
    if not (root / "etc/debian_version").is_file():
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(root)], check=True)
    return f"Debian {(root / 'etc/debian_version').read_text('ascii').strip()} in {root}"


def install(machine: BareMachine, deb: Path) -> str:
    """An older version from a local file; apt brings what it depends on."""
    shutil.copyfile("/etc/resolv.conf", machine.root / "etc/resolv.conf")
    machine.as_root("apt-get", "update", network=True)
    machine.as_root(
        "apt-get", "install", "-y", "--no-install-recommends", str(older(deb, machine.scratch)), network=True
    )
    there = [name for name in NOT_THERE if machine.has(name)]
    if there:
        raise Failed(f"The machine has {there}: it is not bare.")
    said = machine.as_root("ip", "link") if machine.has("ip") else (_interfaces(machine))
    return f"installed with its dependencies; no {', '.join(NOT_THERE)}; interfaces from now on: {said}"


def _interfaces(machine: BareMachine) -> str:
    lines = machine.as_root("cat", "/proc/net/dev").splitlines()[2:]
    # /proc shows the namespace of the reading process.
    names = [line.partition(":")[0].strip() for line in lines]
    if names != ["lo"]:
        raise Failed(f"There are interfaces: {names}.")
    routes = machine.as_root("cat", "/proc/net/route").splitlines()[1:]
    if routes:
        raise Failed(f"There are routes: {routes}.")
    return "lo, which is down"


def upgrade(machine: BareMachine, deb: Path) -> str:
    """The newer version replaces the older one, without network, and the person's data stay."""
    sample = str(INSTALLED / "_internal/hematodesk/_data/resources/samples/smear_01_neutrophil.jpg")
    machine.as_user("classify", "--save", "--quiet", sample)
    before = machine.as_user("history", "list", "--json")
    local = machine.scratch / deb.name
    shutil.copyfile(deb, local)
    machine.as_root("dpkg", "--install", str(local))
    version = machine.as_root("dpkg-query", "--show", "--showformat=${Version}", "hematodesk")
    if version == OLDER or machine.as_user("history", "list", "--json") != before or not before.strip():
        raise Failed(f"After the upgrade to {version} the history is another.")
    broken = machine.as_root("dpkg", "--verify", "hematodesk")
    # A minimal Debian leaves documentation out (path-exclude), where it is built for containers.
    if any("/usr/share/doc" not in line for line in broken.splitlines()):
        raise Failed(f"Files differ from the package's: {broken}")
    return f"{OLDER} to {version}, history kept, files as in the package"


def smoke(machine: BareMachine, folder: Path, *more: str) -> str:
    """The smoke test, inside; its lines are printed."""
    inside = ["--root", str(machine.root), "--user", str(USER), "--scratch", str(machine.scratch)]
    command = [sys.executable, str(SMOKE_TEST), str(folder), *more, *inside, "--traces", str(machine.traces)]
    if subprocess.run(command, check=False).returncode:
        raise Failed("The smoke test failed.")
    return "passed"


def policy(machine: BareMachine) -> str:
    """The administrator's policy holds for the unprivileged user."""
    file = machine.root / "etc/hematodesk/policy.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(_POLICY, "utf-8")
    try:
        said = machine.as_user(
            "history", "export", "--format", "csv", "--output", str(machine.home / "a.csv"), code=1
        )
    finally:
        shutil.rmtree(file.parent)
    if "not_allowed" not in said or (machine.home / "a.csv").exists():
        raise Failed(f"With a policy against exports the program said: {said}")
    return said.strip()


def read_only_home(machine: BareMachine) -> str:
    """In a read-only home the program names the folder in its message and still gives answers."""
    home = machine.scratch / "nur lesbar"
    home.mkdir(mode=0o555)
    sample = str(INSTALLED / "_internal/hematodesk/_data/resources/samples/smear_01_neutrophil.jpg")
    said = machine.as_user("classify", "--save", "--quiet", sample, code=1, home=home)
    tested = machine.as_user("self-test", code=1, home=home)
    answered = machine.as_user("classify", "--quiet", sample, home=home)
    if "data_folder_unusable" not in said or str(home) not in tested or "neutrophil" not in answered:
        raise Failed(f"With a home that cannot be written to: {said}{tested}{answered}")
    with display("xvfb") as more:
        command = [str(INSTALLED / "hematodesk"), sample]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", **more}
        window = subprocess.Popen(
            Machine(machine.root, USER, machine.traces).command(command, Path("/")),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for_window(window, {**os.environ, **more})
            picture = machine.scratch.parent / "hematodesk-read-only-home.png"
            if shutil.which("import"):
                time.sleep(5)
                taken = ["import", "-window", "root", str(picture)]
                subprocess.run(taken, env={**os.environ, **more}, check=True)
            window.terminate()
            spoken = window.communicate(timeout=60)[0].decode("utf-8", "replace")
        finally:
            window.kill()
    if "Traceback" in spoken or list(home.iterdir()):
        raise Failed(f"The window, with a home that cannot be written to: {spoken}")
    return f"{said.strip()} The window opens, too ({picture})."


def _wait_for_window(window: subprocess.Popen[bytes], environment: dict[str, str]) -> None:
    look = ["xdotool", "search", "--onlyvisible", "--name", "hematodesk"]
    for _ in range(600):
        if subprocess.run(look, env=environment, capture_output=True, check=False).returncode == 0:
            return
        if window.poll() is not None:
            raise Failed(f"The window ended with {window.returncode}: {window.communicate()[0]!r}")
        time.sleep(0.1)
    raise Failed("No window within a minute.")


def remove(machine: BareMachine) -> str:
    """Removal leaves nothing of the package and all of the user's data."""
    kept = machine.home / ".local/share/hematodesk/history.sqlite3"
    machine.as_root("dpkg", "--purge", "hematodesk")
    left = [
        str(path.relative_to(machine.root))
        for place in ("usr", "etc", "var/lib/dpkg/info")
        for path in (machine.root / place).rglob("*hematodesk*")
    ]
    if left or not kept.is_file():
        raise Failed(
            f"After the removal there are {left}; the history is {'' if kept.is_file() else 'not '}there."
        )
    return "no file left, the person's history is there"


def sockets(machine: BareMachine) -> str:
    """No program asked for an internet socket."""
    time.sleep(1)
    found, programs = families(machine.traces), len(list(machine.traces.iterdir()))
    if _INTERNET & set(found) or not found:
        raise Failed(f"Sockets by family in {programs} programs: {dict(found)}")
    return f"{programs} programs with their children traced; sockets by family: {dict(found)}"


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hematodesk-bare-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def main() -> int:
    parser = argparse.ArgumentParser(description="Prove the Linux packages on a bare machine.")
    parser.add_argument("folder", type=Path, help="the built folder, dist/hematodesk")
    parser.add_argument("deb", type=Path, help="its .deb, from linux_packages.py")
    parser.add_argument(
        "--system", type=Path, default=Path("/var/tmp/hematodesk-bare"), help="the minimal Debian"
    )
    options = parser.parse_args()
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if os.geteuid() or missing:
        sys.stderr.write(f"This needs root, and {', '.join(TOOLS)}; missing: {missing or 'root'}.\n")
        return 2
    if "HEMATODESK_BARE" not in os.environ:
        # In mounts of its own, which end with it.
        again = ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv]
        return subprocess.run(again, env={**os.environ, "HEMATODESK_BARE": "1"}, check=False).returncode
    root, folder, deb = options.system.resolve(), options.folder.resolve(), options.deb.resolve()
    try:
        _step("Debian", prepare(root))
        with _scratch() as scratch:
            machine = BareMachine(root, scratch)
            machine.mount()
            try:
                _step("older .deb", install(machine, deb))
                _step("upgrade", upgrade(machine, deb))
                _step("smoke test, installed", smoke(machine, INSTALLED, "--in-place"))
                _step("policy", policy(machine))
                _step("read-only home", read_only_home(machine))
                _step("removal", remove(machine))
                _step("smoke test, folder", smoke(machine, folder))
                _step("sockets", sockets(machine))
            finally:
                for place in (str(scratch).lstrip("/"), "tmp/.X11-unix", "dev/shm", "proc"):
                    subprocess.run(["umount", "--lazy", str(root / place)], check=False)
    except (Failed, subprocess.SubprocessError) as fault:
        sys.stderr.write(f"FAIL {fault}\n")
        return 1
    sys.stdout.write("The packages work on a bare machine.\n")
    return 0


def _step(name: str, words: str) -> None:
    sys.stdout.write(f"OK  {name}: {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
