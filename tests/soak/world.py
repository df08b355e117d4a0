# SPDX-License-Identifier: MIT
"""The guard, its bus, its files and the programs that the soak starts."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import meaning

BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>ADDRESS</listen><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
</policy></busconfig>
"""
CAP_SYS_RESOURCE = 1 << 24


def until(is_so, what, seconds=120):
    """Waits; RuntimeError when the time is over."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def may_lower():
    status = pathlib.Path("/proc/self/status").read_text(encoding="utf-8")
    return bool(int(re.search(r"\nCapEff:\t(\w+)", status).group(1), 16) & CAP_SYS_RESOURCE)


def read_score(pid):
    return int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii"))


def write_score(pid, score):
    """OSError if it may not be, or the process has ended."""
    with open(f"/proc/{pid}/oom_score_adj", "w", encoding="ascii") as file:
        file.write(str(score))


class Bus:
    def __init__(self, directory):
        self.socket = directory / "bus"
        self.address = f"unix:path={self.socket}"
        self._configuration = directory / "bus.conf"
        self._configuration.write_text(BUS_CONFIGURATION.replace("ADDRESS", self.address),
                                       encoding="utf-8")
        self.process = None

    def start(self):
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self._configuration}", "--nofork", "--nopidfile",
             "--print-address=1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def call(self, member):
        """The answer's values, or None if there is no answer now."""
        done = subprocess.run(
            ["busctl", f"--address={self.address}", "--json=short", "call", "org.oomguard1",
             "/org/oomguard1", "org.oomguard1.Manager", member],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
        return json.loads(done.stdout)["data"] if done.returncode == 0 else None


class Guard:
    def __init__(self, program, directory, bus):
        self._rules = directory / "rules.d"
        self._rules.mkdir()
        settings = directory / "oom-guardd.yaml"
        settings.write_text("sweep_interval: 2s\nsources: {kernel_log: false, journal: false}\n",
                            encoding="utf-8")
        self._command = [str(program), "--config", str(settings), "--rules", str(self._rules),
                         "--runtime-dir", str(directory / "run"), "--state-dir",
                         str(directory / "state"), "--bus", bus.address]
        self.log = directory / "log"
        self.process = None

    def start(self):
        told = self._readiness()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until(lambda: self._readiness() > told or self.process.poll() is not None,
              "oom-guardd starts")
        if self.process.poll() is not None:
            raise RuntimeError(f"oom-guardd ended with {self.process.returncode}:\n"
                               + self.log.read_text(encoding="utf-8", errors="replace")[-4000:])

    def _readiness(self):
        return self.log.read_bytes().count(b" guards: ") if self.log.exists() else 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """The exit status."""
        self.process.terminate()
        return self.process.wait(timeout=60)

    def signal(self, number):
        self.process.send_signal(number)

    def write_rules(self, text, name="10-soak.yaml"):
        """In one step, as editors and packages do it."""
        new = self._rules / ".new"
        new.write_text(text, encoding="utf-8", errors="surrogateescape")
        new.rename(self._rules / name)

    def remove_rules(self, name):
        (self._rules / name).unlink(missing_ok=True)

    def footprint(self):
        """Descriptors, without those of a look at a process, and what is its own of memory, in kB."""
        where = f"/proc/{self.process.pid}"
        descriptors = []
        for _ in range(20):
            descriptors.append(len(os.listdir(f"{where}/fd")))
            time.sleep(0.05)
        rollup = pathlib.Path(f"{where}/smaps_rollup").read_text(encoding="utf-8")
        return {"descriptors": min(descriptors),
                "PSS": int(re.search(r"\nPss:\s+(\d+)", rollup).group(1)),
                "anonymous": int(re.search(r"\nPss_Anon:\s+(\d+)", rollup).group(1))}


class Cgroups:
    """/soak-NAME in the cgroup v2 tree, if there is one and it may be written."""

    def __init__(self, name):
        self._root = None
        self._held = []
        self._made = 0
        for line in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            if " - cgroup2 " in line:
                self._root = pathlib.Path(line.split()[4]) / f"soak-{name}"
                break
        try:
            self._root.mkdir()
            with open(self._root.parent / "cgroup.subtree_control", "w", encoding="ascii") as file:
                file.write("+memory")
        except OSError as error:
            print(f"the cgroups have no memory limits here: {error}")

    def where(self):
        return f"below {self._root}" if self._root and self._root.is_dir() else "not to be had"

    def churn(self, programs, dice):
        """Some come and go empty; some stay for the round, with a process that has moved there."""
        if not self._root or not self._root.is_dir():
            return
        for number in range(20):
            (self._root / f"empty-{number}").mkdir()
        for number in range(20):
            (self._root / f"empty-{number}").rmdir()
        self._made += 1
        directory = self._root / f"{dice.choice(('held', 'other'))}-{self._made}"
        directory.mkdir()
        self._held.append(directory)
        if (directory / "memory.max").exists():
            (directory / "memory.max").write_text(dice.choice(("max", "1G")), encoding="ascii")
        process = programs.start(dice.choice(("none", "limited")))
        (directory / "cgroup.procs").write_text(str(process.pid), encoding="ascii")

    def is_limited(self, cgroup):
        if not self._root:
            return False
        limit = self._root.parent / cgroup.removeprefix("/") / "memory.max"
        return limit.exists() and limit.read_text(encoding="ascii") != "max\n"

    def clear(self, programs):
        """Half of them, with their processes."""
        gone, self._held = self._held[::2], self._held[1::2]
        for directory in gone:
            pids = {int(pid) for pid in
                    (directory / "cgroup.procs").read_text(encoding="ascii").split()}
            for process in [one for one in programs.running if one.pid in pids]:
                programs.end(process)
            directory.rmdir()

    def remove(self, programs):
        while self._held:
            self.clear(programs)
        if self._root and self._root.is_dir():
            self._root.rmdir()


class Programs:
    """Copies of the shell under many names. All of them end with the soak, which holds the other
    end of what they read from."""

    NAMES = ("alpha", "beta", "gamma-2", "delta", "user", "tree", "parent", "left", "limited", "low",
             "none", "work", "storm", "own")

    def __init__(self, directory, soak):
        self._directory = directory
        self._soak = soak
        self._lifeline, self._other_end = os.pipe()
        self.wait = f"read x <&{self._lifeline}"
        self.running = []
        self.started = 0
        for name in self.NAMES:
            shutil.copy("/bin/sh", directory / f"soak-{name}")

    def start(self, name, script=None, arguments=(), born=0, uid=0, tree="", count=1):
        """`count`: how many processes the script starts, with this one."""
        def prepare():
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
                file.write(str(born))
            if uid:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)

        environment = dict(zip(meaning.ENVIRONMENT, (self._soak, str(born), tree)))
        process = subprocess.Popen(
            [f"./soak-{name}", "-c", script or self.wait, f"soak-{name}", *arguments],
            cwd=self._directory, env={**environment, "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL, pass_fds=(self._lifeline,), preexec_fn=prepare)
        process.began = time.monotonic()
        self.started += count
        self.running.append(process)
        return process

    def reap(self):
        self.running = [process for process in self.running if process.poll() is None]

    def end(self, process):
        process.kill()
        process.wait()
        self.running.remove(process)

    def end_all(self):
        os.close(self._other_end)
        for process in self.running:
            process.wait(timeout=60)
        self.running = []


def as_nobody(action):
    """True if the action succeeds for the user nobody."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            action()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0

