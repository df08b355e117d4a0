# SPDX-License-Identifier: MIT
"""Makes the guard's life hard, and checks after each round, at rest, that it keeps what DESIGN
promises: see check.py. In a round programs come and go, some thousands in a storm, while faults are
injected in any order: the guard is killed with SIGKILL, stopped and continued; its rules are edited
and broken; its bus is restarted; cgroups come and go; scores are set by others. The last third goes
without kills of the guard, so that its memory and descriptors can be compared."""

import argparse
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import check
import meaning
import world

BROKEN = ["rules: [", "rules:\n  - name: a\n    mtach: {name: x}\n", "\x00\x01", "rules: *a\n", "[]\n",
          "rules:\n  - name: alpha\n    match: {name: soak-none}\n    oom_score_adj: 999\n"]
POPULATION = 60
NOBODY = 65534
MOST_VIOLATIONS = 50
SEEN = 4  # seconds


class Soak:
    def __init__(self, program, directory, seed, storm):
        self.turns = storm
        self.dice = random.Random(seed)
        self.name = f"{directory.name}-{seed}"
        self.bus = world.Bus(directory)
        self.guard = world.Guard(program, directory, self.bus)
        programs = directory / "programs"
        programs.mkdir()
        self.programs = world.Programs(programs, self.name)
        self.may_lower = world.may_lower()
        self.cgroups = world.Cgroups(directory.name)
        self.rules = meaning.variant(0)
        self.counts = {}
        self.drifted = set()
        self.is_broken = False
        self.mended = 0
        self.check = check.Check(self)

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    # What happens in a round.

    def edit(self):
        self.rules = meaning.variant(self.dice.randrange(4))
        self.guard.write_rules(meaning.yaml_of(self.rules))
        if self.dice.random() < 0.5:
            self.guard.process.send_signal(signal.SIGHUP)

    def break_rules(self):
        self.is_broken = True
        self.guard.write_rules(self.dice.choice(BROKEN), "90-broken.yaml")
        self.guard.process.send_signal(signal.SIGHUP)

    def mend_rules(self):
        self.guard.remove_rules("90-broken.yaml")
        if self.is_broken:
            self.mended = time.monotonic()
        self.is_broken = False

    def kill(self):
        self.guard.kill()
        if self.dice.random() < 0.5:
            self.come()
        self.guard.start()

    def pause(self):
        self.guard.process.send_signal(signal.SIGSTOP)
        for _ in range(20):
            self.come()
        self.guard.process.send_signal(signal.SIGCONT)

    def restart_bus(self):
        self.bus.stop()
        self.come()
        self.bus.start()

    def ask(self):
        for member in ("ListProcesses", "ListRules", "Rescan", "Reload"):
            self.bus.call(member)

    def drift(self):
        """Another sets the score of a held process, once each: the guard gives way to who insists.
        Who has at least what is asked for is right, and with a broken file a guard that has just
        been started knows no rules: it leaves all as it is."""
        if self.is_broken:
            return
        processes = meaning.processes(self.name)
        for process in self.dice.sample(processes, min(5, len(processes))):
            wanted = meaning.wanted(process, self.rules, self.may_lower, self.cgroups.is_limited)
            rule = meaning.rule_of(process, self.rules)
            if rule and isinstance(rule["value"], int) and process.score == wanted != process.born \
                    and process.id not in self.drifted:
                self.drifted.add(process.id)
                world.write_score(process.pid, self.dice.randrange(500, 1000))
                world.until(lambda: world.read_score(process.pid) == wanted, f"{process} is repaired")

    def churn(self):
        self.cgroups.churn(self.programs, self.dice)

    def come(self):
        """One more of those that stay, of any kind."""
        name = self.dice.choice([name for name in self.programs.NAMES if name != "storm"])
        born = self.dice.choice((0, 0, 50, 120))
        wait = self.programs.wait
        if name in ("tree", "parent"):
            tree = "soak-tree" if name == "tree" else ""
            self.programs.start(name, f"./soak-work -c '{wait}' & ./soak-work -c '{wait}' & {wait}",
                                born=born, tree=tree, count=3)
        elif name == "delta":
            self.programs.start(name, arguments=self.dice.choice((["--keep"], ["--not", "--keep"], [])),
                                born=born)
        elif name == "none":
            script = self.dice.choice((wait, f"exec ./soak-alpha -c '{wait}'",
                                       f"printf soak-late >/proc/self/comm; {wait}"))
            self.programs.start(name, script, born=born)
        elif name == "user":
            self.programs.start(name, born=born, uid=self.dice.choice((0, NOBODY)))
        elif name == "own":
            self.programs.start("alpha", born=0, uid=NOBODY)
        else:
            self.programs.start(name, born=born)

    def go(self):
        """One that the guard has had the time to see, with rules: whose children outlive it are its
        all the same."""
        if self.is_broken:
            return
        now = time.monotonic()
        old = [one for one in self.programs.running
               if now - max(one.began, self.mended) > SEEN
               and meaning.name_of(one.pid) != "soak-storm"]
        if old:
            self.programs.end(self.dice.choice(old))

    def end_orphans(self, share=0.8):
        """Of those whose parent has ended, or they would become ever more."""
        running = {one.pid for one in self.programs.running}
        for process in meaning.processes(self.name):
            if process.parent not in running and process.pid not in running \
                    and self.dice.random() < share:
                os.kill(process.pid, signal.SIGKILL)

    def storm(self):
        """Two short processes a turn: one that a rule means, one that none does."""
        self.programs.start(
            "storm", "i=0; while [ $i -lt $1 ]; do ./soak-alpha -c : & ./soak-none -c :; "
            "i=$((i + 1)); done; wait", [str(self.turns)], count=1 + 2 * self.turns)

    def round(self, seconds, may_kill):
        faults = [self.edit, self.break_rules, self.mend_rules, self.pause, self.restart_bus,
                  self.ask, self.drift, self.churn] + [self.kill] * (2 if may_kill else 0)
        end = time.monotonic() + seconds
        self.storm()
        while time.monotonic() < end:
            self.programs.reap()
            if len(self.programs.running) < POPULATION:
                self.come()
            else:
                self.go()
            if self.dice.random() < 0.15:
                fault = self.dice.choice(faults)
                fault()
                self.count(fault.__name__)
            time.sleep(self.dice.random() * 0.1)
            if self.guard.process.poll() is not None:
                raise RuntimeError(f"the guard ended with {self.guard.process.returncode}")

    def settle(self):
        """No faults any more, and as many processes as ever."""
        self.mend_rules()
        self.rules = meaning.variant(self.dice.randrange(4))
        self.guard.write_rules(meaning.yaml_of(self.rules))
        self.cgroups.clear(self.programs)
        while any(meaning.name_of(process.pid) == "soak-storm" for process in self.programs.running):
            time.sleep(0.1)
            self.programs.reap()
        surplus = self.programs.running[POPULATION:]
        pids = {process.pid for process in surplus}
        children = [one for one in meaning.processes(self.name) if one.parent in pids]
        for process in surplus:
            self.programs.end(process)
        for child in children:
            os.kill(child.pid, signal.SIGKILL)
        self.end_orphans()

    def run(self, minutes, round_seconds):
        start = time.monotonic()
        self.bus.start()
        self.guard.write_rules(meaning.yaml_of(self.rules))
        self.guard.start()
        for _ in range(POPULATION):
            self.come()
        rounds, calm = 0, []
        while (passed := (time.monotonic() - start) / 60) < minutes or len(calm) < 2:
            may_kill = passed < minutes * 2 / 3
            self.round(round_seconds, may_kill)
            self.settle()
            self.check.at_rest()
            if rounds % 2 == 1:
                self.check.bad_file_weakens_nothing()
                self.check.own_score_may_be_lowered()
                self.check.originals_come_back()
            rounds += 1
            footprint = self.guard.footprint()
            if not may_kill:
                calm.append(footprint)
            print(f"round {rounds}: {self.programs.started} processes, "
                  f"{sum(self.counts.values())} faults, {self.check.looked_at} looked at, "
                  f"{len(self.check.violations)} violations, {footprint}", flush=True)
            if len(self.check.violations) > MOST_VIOLATIONS:
                return rounds
        self.check.footprint(calm[0], calm[-1])
        self.check.originals_come_back()
        if (status := self.guard.stop()) != 0:
            self.check.violated(f"the guard ended with {status} when it was told to stop")
        return rounds

    def control(self):
        """How many have another score than they must without the guard."""
        for _ in range(POPULATION):
            self.come()
        return len(self.check.wrong(self.rules)[1])

    def end(self):
        if self.guard.process and self.guard.process.poll() is None:
            self.guard.kill()
        self.cgroups.remove(self.programs)
        self.programs.end_all()
        if self.bus.process:
            self.bus.stop()


def main():
    options = argparse.ArgumentParser(description=__doc__.split(":")[0])
    options.add_argument("--daemon", type=pathlib.Path, required=True)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--round", type=float, default=12, help="seconds of faults in a round")
    options.add_argument("--storm", type=int, default=500, help="processes of each kind in a storm")
    options.add_argument("--control", action="store_true",
                         help="without the guard: fail if nothing is wrong then")
    options.add_argument("minutes", type=float, nargs="?", default=30)
    chosen = options.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="oomguard-soak-"))
    directory.chmod(0o755)
    soak = Soak(chosen.daemon.resolve(), directory, chosen.seed, chosen.storm)
    print(f"--seed {chosen.seed}; lowering is {'' if soak.may_lower else 'not '}possible, cgroups are "
          f"{soak.cgroups.where()}", flush=True)
    try:
        if chosen.control:
            wrong = soak.control()
        else:
            rounds = soak.run(chosen.minutes, chosen.round)
    finally:
        soak.end()
    if chosen.control:
        shutil.rmtree(directory)
        print(f"without the guard, {wrong} have another score than they must")
        sys.exit(0 if wrong else 1)
    print(f"rounds: {rounds}\nprocesses started: {soak.programs.started}\n"
          f"faults injected: {sum(soak.counts.values())} "
          f"({', '.join(f'{what} {n}' for what, n in sorted(soak.counts.items()))})\n"
          f"scores looked at, at rest: {soak.check.looked_at}\n"
          f"footprint: {soak.check.growth}\nviolations: {len(soak.check.violations)}")
    if soak.check.violations:
        print(f"the log of the guard: {soak.guard.log}")
        sys.exit(1)
    shutil.rmtree(directory)


main()
