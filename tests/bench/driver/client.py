# SPDX-License-Identifier: MIT
"""How long oom-guardctl takes where very many processes are held, from its start to its end, and
how long the guard does nothing else meanwhile."""

import os
import statistics
import subprocess
import time

import guard
import machine
from report import Figure

RUNS = 10
MOST_HELD = 10_000
SECONDS = 1e9
# Each with the bar that it has, in seconds.
COMMANDS = {"list": 0.5, "list --json": None, "status": None, "rank -n 10": None,
            "explain 1": None}


def runs_of(bench, bus, daemon, arguments):
    """Seconds of each run, and the guard's processor time for one."""
    command = [str(bench.build / "ctl" / "oom-guardctl"), *arguments]
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus.address}
    before, seconds = machine.processor_ns(daemon.pid), []
    for _ in range(RUNS):
        start = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        seconds.append(time.monotonic() - start)
    return sorted(seconds), (machine.processor_ns(daemon.pid) - before) / RUNS / SECONDS


def measure(bench):
    held = min(bench.most_processes, MOST_HELD)
    rules = "rules:\n" + guard.rule("bench", "name: bench-tiny")
    figures = []
    with machine.IdleProcesses(bench, held), guard.PrivateBus(bench) as bus:
        with guard.Guard(bench, rules, "sweep_interval: 1h\n", bus.address) as daemon:
            machine.wait_until(lambda: bus.property("HeldCount") == held, "all are held", 60)
            # After the delayed looks at what has just started.
            time.sleep(3)
            for text, bar in COMMANDS.items():
                seconds, of_guard = runs_of(bench, bus, daemon, text.split())
                median = statistics.median(seconds)
                figures.append(Figure(
                    "client", f"oom-guardctl {text}, {held:,} processes held",
                    f"{median:.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f})",
                    f"{bar} s" if bar else "", median < bar if bar else None,
                    f"of it {of_guard:.2f} s of the guard",
                    {"seconds": seconds, "guard_seconds": of_guard}))
    return figures
