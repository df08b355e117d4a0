# SPDX-License-Identifier: MIT
"""How long a process that comes to match a rule is not yet held.

The sweep is off: what is held was found by events. Values are positive, because a build machine's
root may lack the right to lower a score.
"""

import collections
import contextlib
import os
import pathlib
import shutil
import time

import guard
import machine
from report import Figure

FIRST_SCORE = 300
USER = 54321
MS = 1e6

# title; the word for bench-starter; what the rule says besides the name; what it changes to
Way = collections.namedtuple("Way", "title word more argument", defaults=("", ""))


def cgroup_mount():
    for path in map(pathlib.Path, ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")):
        if (path / "cgroup.controllers").exists() and os.access(path, os.W_OK):
            return path
    return None


@contextlib.contextmanager
def new_cgroup():
    """A cgroup of our own, or None."""
    mount = cgroup_mount()
    directory = mount and mount / f"oomguard-bench-{os.getpid()}"
    try:
        if directory:
            directory.mkdir()
    except OSError:
        directory = None
    yield directory
    if directory:
        machine.wait_until(lambda: removed(directory), f"{directory} is empty")


def removed(directory):
    try:
        directory.rmdir()
    except OSError:
        return False
    return True


def ways(cgroup):
    yield Way("posix_spawn", "posix_spawn")
    yield Way("fork, exec", "fork-exec")
    yield Way("fork, exec, shared libraries", "fork-exec")
    yield Way("fork, 2 ms, exec", "fork-2ms-exec")
    yield Way("script", "fork-exec")
    # The parent does not match: the child has not just inherited the score.
    yield Way("fork without exec", "fork", "parent: {name}")
    yield Way("setuid", "setuid", f"user: {USER}", str(USER))
    yield Way("prctl rename", "rename", "", "{name}")
    if cgroup:
        yield Way("cgroup move", "cgroup", f'cgroup: ["/{cgroup.name}", "/**/{cgroup.name}"]',
                  str(cgroup))


def make_program(bench, way, name):
    """The path of the program that comes to match in this way."""
    path = bench.scratch / (name + "-before" if way.word == "rename" else name)
    target = "target-dynamic" if "libraries" in way.title else "target"
    if way.title != "script":
        shutil.copy(machine.program(bench, target), path)
        return path
    interpreter = bench.scratch / "interpreter"
    shutil.copy(machine.program(bench, target), interpreter)
    path.write_text(f"#!{interpreter}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else None


def figure(way, load, output, forks_a_second):
    samples = [tuple(map(int, line.split())) for line in output.splitlines()]
    times = sorted(taken / MS for _, taken in samples if taken >= 0)
    data = {
        "samples": len(samples),
        "held": len(times) / len(samples),
        "held_before_main": None,
        "p50_ms": percentile(times, 0.5),
        "p99_ms": percentile(times, 0.99),
        "max_ms": times[-1] if times else None,
        "forks_a_second": forks_a_second,
    }
    value = f"{data['held']:.1%} held"
    bar = "100 %"
    met = data["held"] == 1
    if way.word.endswith("exec") or way.word == "posix_spawn":
        data["held_before_main"] = sum(early for early, _ in samples) / len(samples)
        value += f", {data['held_before_main']:.1%} before main()"
        bar += ", 90 %"
        met = met and data["held_before_main"] >= 0.9
    if times:
        value += f"; p50 {data['p50_ms']:.2f}, p99 {data['p99_ms']:.2f}, max {times[-1]:.2f} ms"
        met = met and data["p99_ms"] < 5
    return Figure("exposure", f"exposure, {load}: {way.title}", value, bar + "; p99 5 ms", met,
                  data=data)


def measure_way(bench, way, load, path, score):
    argument = way.argument.format(name=path.name.removesuffix("-before"))
    forks, start = machine.forks(), time.monotonic()
    output = machine.run([machine.program(bench, "starter"), way.word, str(bench.samples),
                          str(path), str(score), argument])
    rate = (machine.forks() - forks) / (time.monotonic() - start)
    return figure(way, load, output, rate)


def measure_ways(bench, chosen, first):
    """With one daemon, that has a rule for each; quiet, then with a loop on each processor."""
    cells = []
    rules = "rules:\n"
    for index, way in enumerate(chosen, first):
        name = f"bench-way-{index}"
        cells.append((way, make_program(bench, way, name), FIRST_SCORE + index))
        more = f", {way.more.format(name=name)}" if way.more else ""
        rules += guard.rule(name, f"name: {name}{more}", FIRST_SCORE + index)
    figures = []
    with contextlib.ExitStack() as stack:
        daemon = stack.enter_context(guard.Guard(bench, rules, "sources: {sweep: false}\n"))
        if not daemon.wait_for_connector():
            figures.append(Figure("exposure", "exposure", "without the proc connector"))
        figures += [measure_way(bench, way, "quiet", *cell) for way, *cell in cells]
        for _ in range(os.cpu_count()):
            load = [machine.program(bench, "storm"), "0", "0", "/bin/true"]
            stack.enter_context(machine.Running(load))
        figures += [measure_way(bench, way, "busy", *cell) for way, *cell in cells]
    return figures


def measure(bench):
    with new_cgroup() as cgroup:
        chosen = list(ways(cgroup))
        # A rule that names parents makes the guard look at every fork, so it is measured apart.
        plain = [way for way in chosen if "parent:" not in way.more]
        family = [way for way in chosen if "parent:" in way.more]
        figures = measure_ways(bench, plain, 0) + measure_ways(bench, family, len(plain))
    if not cgroup:
        figures.append(Figure("exposure", "exposure: cgroup move",
                              "skipped: no cgroup v2 tree can be written here"))
    return figures
