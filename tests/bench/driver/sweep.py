# SPDX-License-Identifier: MIT
"""What one look at every process costs, for each process: the guard's, of processes that it knows
and that match no rule; the bare system calls'; pgrep's and ps's."""

import signal
import statistics
import time

import guard
import machine
from report import Figure

# As often as can be, so that it is most of what is measured.
SETTINGS = "sweep_interval: 100ms\nsweep_interval_without_events: 100ms\n"
WINDOW = 3
US = 1e3
BAR = 1.3
COUNTS = (100, 1000, 10000)
MOST_PROCESSES = 0.6  # of the pids there are


def guard_ns(daemon, bus):
    """The processor time of one sweep, over some seconds of them. Stopped before and after, so that
    the others are measured alone."""
    daemon.process.send_signal(signal.SIGCONT)
    # Answered between two sweeps.
    sweeps, ns = bus.property("Sweeps"), machine.processor_ns(daemon.pid)
    time.sleep(WINDOW)
    sweeps, ns = bus.property("Sweeps") - sweeps, machine.processor_ns(daemon.pid) - ns
    daemon.process.send_signal(signal.SIGSTOP)
    return ns / sweeps


def bare(bench, count):
    """How many processes there are, and the processor time of the bare calls for all of them."""
    passes = max(3, 20_000 // count)
    output = machine.run([machine.program(bench, "bare-sweep"), str(passes)])
    return map(int, output.split())


def measure_count(bench, count):
    rules = "rules:\n" + guard.rule("bench", "name: bench-no-such-program")
    runs = max(3, 2_000 // count)
    rounds = []
    with machine.IdleProcesses(bench, count), guard.PrivateBus(bench) as bus:
        with guard.Guard(bench, rules, SETTINGS, bus.address) as daemon:
            # After the delayed looks at what has just started.
            time.sleep(3)
            for _ in range(bench.rounds):
                guard_took = guard_ns(daemon, bus)
                processes, bare_took = bare(bench, count)
                times = {"guard": guard_took, "bare": bare_took,
                         "pgrep": machine.ns_per_run(["pgrep", "nosuchname"], runs),
                         "ps": machine.ns_per_run(["ps", "-e"], runs)}
                rounds.append({f"{name}_us": ns / processes / US for name, ns in times.items()})
                rounds[-1]["ratio"] = guard_took / bare_took
    data = {name: statistics.median(times[name] for times in rounds) for name in rounds[0]}
    data["processes"] = processes
    beside = (f"bare {data['bare_us']:.2f} us; pgrep {data['pgrep_us']:.1f} us, "
              f"{data['pgrep_us'] / data['bare_us']:.1f} x; ps {data['ps_us']:.1f} us, "
              f"{data['ps_us'] / data['bare_us']:.1f} x")
    return Figure("sweep", f"sweep, CPU per process of {processes:,}",
                  f"{data['guard_us']:.2f} us, {data['ratio']:.2f} x the bare calls", f"{BAR} x",
                  data["ratio"] <= BAR, beside, data)


def measure(bench):
    with open("/proc/sys/kernel/pid_max", encoding="utf-8") as file:
        most = min(bench.most_processes, int(int(file.read()) * MOST_PROCESSES))
    # Where there may not be as many, the most there may be.
    return [measure_count(bench, count) for count in sorted({min(most, count) for count in COUNTS})]
