"""Processes forked from one that has imported what a run needs: one starts in 20 ms, a fresh interpreter in 700.

For tests in which processes are killed, hang or are told something, and which are not about how an interpreter starts.
The one that is forked has one thread, whatever the tests have started, and is the parent of all: `testbed` run in such
a process has its workers forked too (with `follow`, they end with this parent; they see the end of the run at their
pipe). It ends with the process of the tests, and ends what it has forked and still runs.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
import types
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

__all__ = ["COMMAND", "ROOT", "Process", "children", "command", "place", "popen", "serve", "standin"]

ROOT = Path(__file__).parents[1]
COMMAND = "from testbed.cli import main; main()"
PLACE = "TESTBED_TESTS_FORKED"  # names the socket, in processes that are forked
NUMBER = struct.Struct("i")
RUNNING: list[subprocess.Popen[bytes]] = []  # the process that is forked, once it is there


class Process:
    """A process that executes code as ``python -c CODE ARGUMENTS`` does; what it prints is kept in two files."""

    def __init__(
        self,
        code: str,
        arguments: Sequence[str],
        *,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        limits: Mapping[int, int] | None = None,
        printed: tuple[IO[str] | int, IO[str] | int] | None = None,
        passed: int | None = None,
    ) -> None:
        made = (tempfile.TemporaryFile("w+", encoding="utf-8") for _ in range(2))  # noqa: SIM115
        self.printed = printed or tuple(made)
        self.returncode: int | None = None
        self._one = threading.Lock()
        job = {
            "code": code,
            "arguments": [str(a) for a in arguments],
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "limits": list((limits or {}).items()),
            "of": os.getpid(),
        }
        with open(os.devnull, encoding="utf-8") as nothing:
            self._line = _asked(job, [nothing, *self.printed, *([] if passed is None else [passed])])
        self.pid = NUMBER.unpack(self._line.recv(NUMBER.size))[0]

    def poll(self) -> int | None:
        """Exit status, or minus the signal that ended it; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0.0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, which several threads may do."""
        if not select.select([self._line], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0.0)
        with self._one:
            if self.returncode is None:
                self.returncode = NUMBER.unpack(self._line.recv(NUMBER.size))[0]
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end; what it printed, and what it said on standard error."""
        self.wait(timeout)
        told = []
        for file in self.printed:
            file.seek(0)
            told.append(file.read())
            file.close()
        return told[0], told[1]

    def __del__(self) -> None:
        for file in (self._line, *self.printed):
            if not isinstance(file, int):
                file.close()

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def command(*arguments: str | Path, **options: Any) -> Process:
    """Start `testbed` with these arguments."""
    return Process(COMMAND, [str(a) for a in arguments], **options)


def popen() -> Any:
    """The module subprocess, for testbed.sweep.worker, of which `Popen` gives a fork."""
    return types.SimpleNamespace(**{**vars(subprocess), "Popen": _worker})


def _worker(words: Sequence[str], *, pass_fds: Sequence[int], env: Mapping[str, str], **_: Any) -> Process:
    return Process(words[3], words[4:], env=env, printed=(2, 2), passed=pass_fds[0])


def children(parent: int) -> list[int]:
    """Processes that a forked process has asked for and that run."""
    with _asked({"children": parent}, []) as line:
        return [int(pid) for pid in b"".join(iter(lambda: line.recv(4096), b"")).split()]


def place() -> str:
    """Where the process that is forked listens; it is started if it is not there."""
    return os.environ.get(PLACE) or _server()


def standin() -> tuple[dict[str, str], str]:
    """An environment and a line of a shell that does what ``exec testbed "$@"`` does, in a fork."""
    return {PLACE: place()}, f'exec {sys.executable} -S {Path(__file__).resolve()} "$@"'


def _asked(job: Mapping[str, Any], files: Sequence[Any]) -> socket.socket:
    line = socket.socket(socket.AF_UNIX)
    line.connect(place())
    sent = json.dumps(job).encode()
    socket.send_fds(line, [NUMBER.pack(len(sent))], [f if isinstance(f, int) else f.fileno() for f in files])
    line.sendall(sent)
    return line


@cache
def _server() -> str:
    """Start the process that is forked; it ends when the pipe to it is closed, with this process at the latest."""
    listens = str(Path(tempfile.mkdtemp()) / "s")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    process = subprocess.Popen(
        [sys.executable, "-c", f"from tests.forked import serve; serve({listens!r})"],
        env={**os.environ, **threads, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.read(1), "it is there"
    RUNNING.append(process)
    atexit.register(_end, os.getpid())
    return listens


def _end(owner: int) -> None:
    """Close the pipes to the process that is forked, and wait; not where the tests have forked their own process."""
    for process in RUNNING if os.getpid() == owner else ():
        process.communicate()


def serve(listens: str) -> None:
    """Be the process that is forked; a fork does what it was asked and ends."""
    import pandas  # noqa: F401
    import tabulate  # noqa: F401
    import threadpoolctl  # noqa: F401
    import tqdm  # noqa: F401

    import testbed.sweep.worker  # noqa: F401

    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listens)
    listener.listen(64)
    running: dict[int, tuple[socket.socket, int]] = {}
    os.fsync = os.fstat  # type: ignore[assignment]  # as in the tests: the disk is not waited for
    gc.freeze()
    os.write(1, b"+")
    while True:
        ready = select.select([listener, woken, 0], [], [])[0]
        if 0 in ready:
            for pid in running:  # a test that failed has left it
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
            Path(listens).unlink()
            Path(listens).parent.rmdir()
            os._exit(0)
        if woken in ready:
            os.read(woken, 4096)
            _reap(running)
        if listener not in ready:
            continue
        line, _ = listener.accept()
        job, files = _heard(line)
        if job is None:  # who asked was killed over it
            line.close()
            continue
        if "children" in job:
            mine = [pid for pid, (_, of) in running.items() if of == job["children"]]
            with suppress(OSError):
                line.sendall(b" ".join(str(pid).encode() for pid in mine))
            line.close()
        elif pid := os.fork():
            running[pid] = (line, job["of"])
            for file in files:
                os.close(file)
        else:
            os.setsid()
            try:
                line.sendall(NUMBER.pack(os.getpid()))  # now it can be killed with all that it starts
            except OSError:
                os._exit(1)
            signal.set_wakeup_fd(-1)
            for one in (listener, line, *(line for line, _ in running.values())):
                one.close()
            for end in (woken, wake):
                os.close(end)
            _become(job, files, listens)


def _heard(line: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """What a process asks for, with its open files; None where it ended before all was said."""
    files: list[int] = []
    sent = b""
    with suppress(OSError, struct.error):
        head, files, _, _ = socket.recv_fds(line, NUMBER.size, 8)
        left = NUMBER.unpack(head)[0]
        while len(sent) < left and (more := line.recv(left - len(sent))):
            sent += more
        if len(sent) == left:
            return json.loads(sent), files
    for file in files:
        os.close(file)
    return None, []


def _reap(running: dict[int, tuple[socket.socket, int]]) -> None:
    while running:
        pid, ended = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        line, _ = running.pop(pid)
        with suppress(OSError):  # who asked is gone
            line.sendall(NUMBER.pack(os.waitstatus_to_exitcode(ended)))
        line.close()


def _become(job: dict[str, Any], files: list[int], listens: str) -> NoReturn:
    from testbed.sweep import worker as workers_of

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(job["env"] | {PLACE: listens})
    os.chdir(job["cwd"])
    for kind, most in job["limits"]:
        resource.setrlimit(kind, (most, most))
    sys.argv = ["-c", *job["arguments"]]
    if files[3:]:  # a worker: the number of its pipe here, and the parent whom it follows
        sys.argv[1:] = [str(files[3]), str(os.getppid())]
    workers_of.subprocess = popen()  # type: ignore[attr-defined]
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    status: Any = 0
    try:
        exec(compile(job["code"], "<string>", "exec"), vars(module))
    except SystemExit as end:
        status = end.code
        if not isinstance(status, int | None):
            print(status, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # as at the end of an interpreter, which also frees all that
    atexit._run_exitfuncs()  # was imported: most of the time that such a process would take
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else bool(status))


if __name__ == "__main__":  # what `standin` is
    passed_on = Process(COMMAND, sys.argv[1:], printed=(1, 2))
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda number, _: passed_on.send_signal(number))
    ended = passed_on.wait()
    sys.exit(ended if ended >= 0 else 128 - ended)
