# SPDX-License-Identifier: MIT
"""What the parts share: programs that run meanwhile, and what processes cost."""

import os
import pathlib
import resource
import signal
import subprocess
import time

PROC = pathlib.Path("/proc")


def program(bench, name):
    return str(bench.build / "tests" / "bench" / f"bench-{name}")


def processor_ns(pid):
    """The processor time of all threads so far."""
    threads = (PROC / str(pid) / "task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)


def children_ns():
    """The processor time of the children that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1e9


def run(command):
    """Its standard output; an error if it fails."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def ns_per_run(command, runs):
    """The processor time of one run of a command, whatever it returns."""
    before = children_ns()
    for _ in range(runs):
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (children_ns() - before) / runs


def forks():
    """Processes and threads started since boot."""
    for line in (PROC / "stat").read_text().splitlines():
        if line.startswith("processes "):
            return int(line.split()[1])
    raise RuntimeError("/proc/stat does not count processes")


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Running:
    """A program that runs for the length of a `with`, and is then told to terminate."""

    def __init__(self, command, **options):
        self._command = command
        self._options = options

    def __enter__(self):
        self.process = subprocess.Popen(self._command, **self._options)
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class IdleProcesses:
    """So many processes that do nothing, for the length of a `with`."""

    def __init__(self, bench, count):
        self._path = program(bench, "tiny")
        self._count = count
        self._pids = []

    def __enter__(self):
        try:
            for _ in range(self._count):
                self._pids.append(os.posix_spawn(self._path, [self._path, "stay"], {}))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
        for pid in self._pids:
            os.waitpid(pid, 0)
