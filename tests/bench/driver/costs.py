# SPDX-License-Identifier: MIT
"""What a fork, a match and a load of rules cost."""

import json
import signal
import statistics
import subprocess
import time

import guard
import machine
from report import Figure

MANY_RULES = 15831
US = 1e3


def load(bench):
    directory = bench.scratch / "load"
    directory.mkdir()
    (directory / "10-bench.yaml").write_text(guard.exact_names(MANY_RULES), encoding="utf-8")
    command = [str(bench.build / "daemon" / "oom-guardd"), "--check-config", str(directory)]
    seconds = statistics.median(machine.ns_per_run(command, 1) for _ in range(bench.rounds)) / 1e9
    return [Figure("load", f"load {MANY_RULES:,} rules, CPU", f"{seconds:.2f} s",
                   data={"seconds": seconds})]


# Benchmark: what it is called in the table, and its bar in microseconds.
MATCHES = {
    "exact_names/10": ("10 exact names", None),
    "exact_names/100": ("100 exact names", None),
    "exact_names/1000": ("1,000 exact names", None),
    "exact_names/15831": ("15,831 exact names", 1),
    "exact_names_alike/1000": ("1,000 exact names that differ after 15 bytes", None),
    "name_regexes/1": ("1 regex of a name", None),
    "name_regexes/10": ("10 regexes of a name", None),
    "name_regexes/100": ("100 regexes of a name", 10),
    "name_regexes_near_miss/100": ("100 regexes of a name, near miss", 10),
    "command_line_regexes/1": ("1 regex of the arguments", None),
    "command_line_regexes/10": ("10 regexes of the arguments", None),
    "command_line_regexes/100": ("100 regexes of the arguments", 10),
    "command_line_regexes_worst/100": ("100 regexes of 64 KiB of near misses", None),
    "command_line_globs_worst/100": ("100 globs of 64 KiB of near misses", None),
}


def match(bench):
    chosen = "|".join(f"^{name}$" for name in MATCHES)
    output = machine.run([machine.program(bench, "match"), "--benchmark_format=json",
                          f"--benchmark_filter={chosen}", "--benchmark_min_time=0.2",
                          f"--benchmark_repetitions={bench.rounds}"])
    times = {name: [] for name in MATCHES}
    for result in json.loads(output)["benchmarks"]:
        if "error_message" in result:
            raise RuntimeError(f"{result['run_name']}: {result['error_message']}")
        if result["run_type"] == "iteration":
            times[result["run_name"]].append(result["cpu_time"] / US)
    figures = []
    for name, (title, bar) in MATCHES.items():
        took = statistics.median(times[name])
        text = f"{took:.2g} us" if took < 1000 else f"{took / 1000:.1f} ms"
        figures.append(Figure("match", f"match: {title}", text,
                              f"{bar} us" if bar else "", took <= bar if bar else None,
                              data={"us": took}))
    return figures


def us_per_process(bench, pid):
    """The processor time that a storm costs a process that hears of it; and the storm's rate."""
    before = machine.processor_ns(pid)
    storm = machine.run([machine.program(bench, "storm"), "1000", str(bench.storm_seconds),
                         machine.program(bench, "tiny")])
    count, ns = map(int, storm.split())
    # What is still queued belongs to it too.
    time.sleep(0.2)
    return (machine.processor_ns(pid) - before) / count / US, count / ns * 1e9


def listener_us(bench, how):
    command = [machine.program(bench, "listener"), how]
    with machine.Running(command, stdout=subprocess.PIPE, text=True) as listener:
        if listener.process.stdout.readline() != "ready\n":
            return None
        cost, rate = us_per_process(bench, listener.pid)
        listener.process.send_signal(signal.SIGTERM)
        if int(listener.process.stdout.readline()) < 3 * rate * bench.storm_seconds * 0.99:
            raise RuntimeError("the listener has missed events")
    return cost


def storm(bench):
    rules = "rules:\n" + guard.rule("bench", "name: bench-no-such-program")
    costs = {"guard": [], "one": [], "many": []}
    rates = []
    for _ in range(bench.rounds):
        with guard.Guard(bench, rules) as daemon:
            if not daemon.wait_for_connector():
                return [Figure("storm", "storm", "skipped: no proc connector here")]
            # The sweep that follows the subscription is not the storm's.
            time.sleep(2)
            cost, rate = us_per_process(bench, daemon.pid)
            costs["guard"].append(cost)
            rates.append(rate)
        for how in ("one", "many"):
            costs[how].append(listener_us(bench, how))
    data = {f"{name}_us": statistics.median(values) for name, values in costs.items()}
    data["forks_a_second"] = statistics.median(rates)
    cost, one, many = data["guard_us"], data["one_us"], data["many_us"]
    beside = (f"bare listener: {one:.1f} us with recv, {cost / one:.2f} x; "
              f"{many:.1f} us with recvmmsg, {cost / many:.2f} x")
    return [Figure("storm", f"CPU per fork+exec+exit at {data['forks_a_second']:.0f} a second",
                   f"{cost:.1f} us", "30 us", cost <= 30, beside, data)]
