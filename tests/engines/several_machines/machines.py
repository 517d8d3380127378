"""Machines made of namespaces: each has its own address, processes, host name and folders.

What they have in common is one folder (`Network.shared`), and the project to run programs from,
which they can only read. Each is one program; that is killed with everything it has started, as if
the power went, or its cable is pulled. Needs root, iproute2 and util-linux.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
SHARED = "/srv/shared"
"""Where machines have the folder that they share; this machine has nothing there."""
_NETWORK = "198.51.100"
"""For documentation only (RFC 5737), so nobody is there but who is made here."""
_PREFIX = "ecr"
_OWN = ("/tmp", "/var/tmp", "/srv", "/run")
"""Folders that are empty on each machine, and nobody else's."""


def why_not() -> str | None:
    """Why no such machines can be made here; None when they can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "namespaces are made by root on Linux"
    for program, package in (("ip", "iproute2"), ("unshare", "util-linux")):
        if shutil.which(program) is None:
            return f"there is no program '{program}' (in Debian: {package})"
    probe = f"{_PREFIX}{os.getpid()}-probe"
    if subprocess.run(["ip", "netns", "add", probe], check=False, capture_output=True).returncode:
        return "this machine lets nobody make namespaces"
    _run("ip", "netns", "del", probe)
    return None


class Machine:
    """One machine, which runs one program."""

    def __init__(
        self,
        name: str,
        address: str,
        space: str,
        log: Path,
        shared: Path,
        command: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self.name, self.address, self.log = name, address, log
        self._space = space
        inside = ["unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc"]
        program = [*inside, "--kill-child=SIGKILL", "sh", "-ec", _boot(name, shared, command)]
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", space, *program],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd="/",
                env={**os.environ, **environment, "HOME": "/tmp", "TMPDIR": "/tmp"},
                start_new_session=True,
            )

    @property
    def is_on(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Everything that runs on it is gone at once. What it has sent is not: its address still
        answers that nobody listens."""
        if self.is_on:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=30)

    def unplug(self) -> None:
        """Nothing gets in or out any more, and nobody is told."""
        _run("ip", "-n", self._space, "link", "set", "eth0", "down")


class Network:
    """A switch with machines at it; this machine has a cable to it, too. Nothing leads outside."""

    def __init__(self, folder: Path) -> None:
        """`folder` takes the logs and what the machines share."""
        self.shared = folder / "shared"
        self.shared.mkdir(parents=True)
        self._folder = folder
        self._mark = f"{_PREFIX}{os.getpid()}"
        self._bridge = f"{self._mark}br"
        self._machines: dict[str, Machine] = {}
        self._spaces: dict[str, str] = {}
        _run("ip", "link", "add", self._bridge, "type", "bridge")
        self.here = f"{_NETWORK}.1"
        _run("ip", "addr", "add", f"{self.here}/24", "dev", self._bridge)
        _run("ip", "link", "set", self._bridge, "up")

    def add(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Machine:
        """Plug in a machine that runs a program; `{address}` in its words is that of the machine.
        One of the same name that was there before keeps its address."""
        if name in self._machines:
            address, space = self._machines[name].address, self._machines[name]._space
            self._machines[name].kill()
            _run("ip", "-n", space, "link", "set", "eth0", "up")
        else:
            address, space = self._plug(name)
        self._machines[name] = Machine(
            name,
            address,
            space,
            self._folder / f"{name}.log",
            self.shared,
            [word.format(address=address) for word in command],
            {"SPARK_LOCAL_IP": address, **(environment or {})},
        )
        return self._machines[name]

    def close(self) -> None:
        """Everything is gone."""
        for machine in self._machines.values():
            machine.kill()
        for space, cable in self._spaces.items():
            # A connection that is not closed yet would keep the space, and the cable with it.
            _run("ip", "link", "del", cable)
            _run("ip", "netns", "del", space)
        _run("ip", "link", "del", self._bridge)

    def _plug(self, name: str) -> tuple[str, str]:
        number = len(self._spaces) + 2
        address, space, cable = (
            f"{_NETWORK}.{number}",
            f"{self._mark}-{name}",
            f"{self._mark}v{number}",
        )
        _run("ip", "netns", "add", space)
        _run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        self._spaces[space] = cable
        _run("ip", "link", "set", cable, "master", self._bridge, "up")
        inside = ("ip", "-n", space)
        _run(*inside, "addr", "add", f"{address}/24", "dev", "eth0")
        _run(*inside, "link", "set", "eth0", "up")
        _run(*inside, "link", "set", "lo", "up")
        return address, space


def _boot(name: str, shared: Path, command: Sequence[str]) -> str:
    """What the first process of a machine does: it shuts out the folders of this machine, lets in
    the two that are meant to be there, and becomes the program."""
    project = shlex.quote(str(PROJECT))
    lines = [
        "mount --make-rprivate /",
        f"hostname {name}",
        "mount -t tmpfs own /mnt",
        "mkdir /mnt/shared /mnt/project",
        f"mount --bind {shlex.quote(str(shared))} /mnt/shared",
        f"mount --bind {project} /mnt/project",
        "mount -o remount,ro,bind /mnt/project",
        *(f"mount -t tmpfs own {folder}" for folder in _OWN),
        f"mkdir -p {SHARED} {project} 2>/dev/null || true",
        f"mount --move /mnt/shared {SHARED}",
        f"mount --move /mnt/project {project}",
        "cd /tmp",
        f"exec {shlex.join(command)}",
    ]
    return "\n".join(lines)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
