# SPDX-License-Identifier: MIT
"""The built oom-guardd, and rules for it."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import machine


def rule(name, match, score=300):
    return f"  - name: {name}\n    match: {{{match}}}\n    oom_score_adj: {score}\n"


def unit_setting(bench, name):
    """What the unit sets, so that it is measured as it runs there."""
    unit = bench.source / "systemd" / "oom-guardd.service.in"
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line.startswith(name + "="):
            return line.removeprefix(name + "=")
    raise RuntimeError(f"{unit}: no {name}=")


def exact_names(count):
    """As many rules by the exact name of a program that does not run."""
    rules = (rule(f"bench-{n}", f"name: bench-program-{n}") for n in range(count))
    return "rules:\n" + "".join(rules)


class Guard(machine.Running):
    """For the length of a `with`, with directories of its own."""

    def __init__(self, bench, rules, settings="", bus="none", shipped_rules=True):
        self._directory = pathlib.Path(tempfile.mkdtemp(dir=bench.scratch))
        own_rules = self._directory / "rules.d"
        own_rules.mkdir()
        (own_rules / "10-bench.yaml").write_text(rules, encoding="utf-8")
        settings_file = self._directory / "oom-guardd.yaml"
        # The shipped rules mean others' processes too.
        settings_file.write_text("restore_on_stop: true\n" + settings, encoding="utf-8")
        command = [str(bench.build / "daemon" / "oom-guardd"), "--config", str(settings_file),
                   "--rules", str(own_rules)]
        if shipped_rules:
            command += ["--rules", str(bench.source / "config" / "rules.d")]
        # Below /run, as that of the service: what it costs to write depends on the file system.
        self._runtime_directory = tempfile.mkdtemp(prefix="oomguard-bench-", dir="/run")
        command += ["--runtime-dir", self._runtime_directory, "--bus", bus]
        self._log_path = self._directory / "log"
        nice = unit_setting(bench, "Nice")
        super().__init__(command, preexec_fn=lambda: os.setpriority(os.PRIO_PROCESS, 0, int(nice)))

    def __enter__(self):
        with open(self._log_path, "wb") as log:
            self._options["stderr"] = log
            super().__enter__()
        try:
            self._wait_for_log(" guards: ")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        super().__exit__()
        shutil.rmtree(self._runtime_directory)

    def log(self):
        return self._log_path.read_text(encoding="utf-8", errors="replace")

    def wait_for_connector(self):
        """False where the kernel has none for us: then events come from the doorbell."""
        try:
            self._wait_for_log("source proc-connector works", 5)
        except RuntimeError:
            return False
        return True

    def _wait_for_log(self, text, seconds=30):
        def is_there():
            if self.process.poll() is not None:
                raise RuntimeError(f"oom-guardd ended:\n{self.log()}")
            return text in self.log()

        machine.wait_until(is_there, f"oom-guardd: '{text}' in its log", seconds)


class PrivateBus(machine.Running):
    """A bus for the length of a `with`."""

    def __init__(self, bench):
        directory = pathlib.Path(tempfile.mkdtemp(dir=bench.scratch))
        self.address = f"unix:path={directory / 'socket'}"
        configuration = directory / "bus.conf"
        configuration.write_text(
            '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"\n'
            ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n'
            f"<busconfig><type>session</type><listen>{self.address}</listen>"
            '<policy context="default"><allow user="*"/><allow own="*"/>'
            '<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>\n',
            encoding="utf-8")
        super().__init__(["dbus-daemon", f"--config-file={configuration}", "--nofork",
                          "--nopidfile", "--print-address=1"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self):
        super().__enter__()
        # It tells its address once it listens.
        self.process.stdout.readline()
        return self

    def property(self, name):
        """A number among the properties of the guard on this bus."""
        answer = machine.run(["busctl", f"--address={self.address}", "get-property",
                              "org.oomguard1", "/org/oomguard1", "org.oomguard1.Manager", name])
        return int(answer.split()[1])
