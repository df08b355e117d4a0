# SPDX-License-Identifier: MIT
"""What the guard takes while nothing happens, beside earlyoom."""

import subprocess
import time

import guard
import machine
from report import Figure

IDLE_PROCESSES = 300
SETTLE = 5
MB = 1e6
MS = 1e6


def numbers(path, *keys):
    """The numbers after the keys of a file such as /proc/PID/status."""
    lines = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
    return [int(lines[key].split()[0]) for key in keys]


def watch(pid, seconds):
    directory = machine.PROC / str(pid)
    switches = ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
    # As long as it takes to be done with what has just started.
    time.sleep(SETTLE)
    forks, ns = machine.forks(), machine.processor_ns(pid)
    voluntary, involuntary = numbers(directory / "status", *switches)
    time.sleep(seconds)
    data = {"forks_meanwhile": machine.forks() - forks,
            "cpu_ms": (machine.processor_ns(pid) - ns) / MS}
    after = numbers(directory / "status", *switches)
    data["voluntary_switches"] = after[0] - voluntary
    data["involuntary_switches"] = after[1] - involuntary
    # PSS depends on who else has the same libraries loaded; what is anonymous does not.
    for key in ("Rss", "Pss", "Anonymous"):
        data[f"{key.lower()}_mb"] = numbers(directory / "smaps_rollup", key)[0] * 1024 / MB
    return data


def texts(data):
    memory = (f"{data['pss_mb']:.1f} MB PSS ({data['anonymous_mb']:.1f} anonymous), "
              f"{data['rss_mb']:.1f} MB RSS")
    switches = data["voluntary_switches"] + data["involuntary_switches"]
    return memory, f"{data['cpu_ms']:.1f} ms, {switches} switches"


def earlyoom(bench):
    """As Debian starts it, but without killing; None where it is not to be had."""
    path = bench.build / "earlyoom" / "usr" / "bin" / "earlyoom"
    if not path.exists():
        return None
    with machine.Running([str(path), "-r", "3600", "--dryrun"], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL) as peer:
        return watch(peer.pid, bench.idle_seconds)


def guard_idle(bench, rules):
    with guard.Guard(bench, guard.exact_names(rules), shipped_rules=False) as daemon:
        return watch(daemon.pid, bench.idle_seconds)


def measure(bench):
    # One after the other: pages that two processes share would count as half for each.
    with machine.IdleProcesses(bench, IDLE_PROCESSES):
        peer = earlyoom(bench)
        idle = {rules: guard_idle(bench, rules) for rules in (10, 15831)}
    peer_memory, peer_cpu = texts(peer) if peer else ("", "")
    seconds = bench.idle_seconds
    # One for each sweep, every ten seconds, where the time begins and ends as it may.
    most_switches = seconds // 10 + 1
    figures = []
    for rules, bar in ((10, 4), (15831, 12)):
        memory, _ = texts(idle[rules])
        figures.append(Figure("footprint", f"memory with {rules:,} rules", memory, f"{bar} MB PSS",
                              idle[rules]["pss_mb"] <= bar,
                              f"earlyoom {peer_memory}" if peer else "", idle[rules]))
    for rules, data in idle.items():
        _, cpu = texts(data)
        met = data["cpu_ms"] < 10 and data["voluntary_switches"] <= most_switches
        # Each of them woke the guard, so they excuse what is over the bar.
        if data["forks_meanwhile"] > 0:
            cpu += f"; {data['forks_meanwhile']} processes started meanwhile"
            met = met or None
        figures.append(Figure(
            "footprint", f"{seconds} s idle, {IDLE_PROCESSES} processes, {rules:,} rules", cpu,
            f"10 ms, {most_switches} wake-ups", met, f"earlyoom {peer_cpu}" if peer else "", data))
    if peer:
        figures[0].data["earlyoom"] = peer
    return figures
