# SPDX-License-Identifier: MIT
"""What DESIGN promises, checked at rest by /proc, what the rules mean (meaning.py) and, where it
promises to tell, what the guard tells. The numbers are those of "What it promises"."""

import time

import meaning
import world

REST = 60  # seconds until all must be as it should: many sweeps
# What a guard that has grown no more may have more than at the first rest: malloc keeps some.
SPARE_KB = 768


class Check:
    def __init__(self, soak):
        self._soak = soak
        self.violations = []
        self.looked_at = 0
        self.growth = ""

    def violated(self, text):
        print(f"violated: {text}", flush=True)
        self.violations.append(text)

    def wrong(self, rules):
        """Those that have another score than they must (1, 2, 3, 6, 7)."""
        wrong = []
        processes = meaning.processes(self._soak.name)
        for process in processes:
            wanted = meaning.wanted(process, rules, self._soak.may_lower,
                                    self._soak.cgroups.is_limited)
            if process.score != wanted:
                wrong.append(f"{process} has {process.score}, not {wanted}")
        return processes, wrong

    def _rest(self, what, rules):
        end = time.monotonic() + REST
        while True:
            processes, wrong = self.wrong(rules)
            if not wrong or time.monotonic() > end:
                break
            time.sleep(0.2)
        # What is right must stay so over a sweep.
        if not wrong:
            time.sleep(2.5)
            processes, wrong = self.wrong(rules)
        self.looked_at += len(processes)
        for text in wrong:
            self.violated(f"{what}: {text}")
        return processes

    def at_rest(self):
        """1, 2, 3, 6 and 7 by the scores, 4 by what is told."""
        processes = self._rest("at rest", self._soak.rules)
        self._must_be_told(processes)

    def _must_be_told(self, processes):
        answer = []

        def answers():
            answer[:] = [self._soak.bus.call("ListProcesses")]
            return answer[0] is not None

        world.until(answers, "the guard answers on its bus")
        told = {row[0]: row for row in answer[0][0]}
        for process in processes:
            rule = meaning.rule_of(process, self._soak.rules)
            row = told.get(process.pid)
            if rule is None or rule["value"] == "unchanged":
                if row is not None:
                    self.violated(f"told: {process} is listed by rule {row[4]}")
            elif row is None:
                self.violated(f"told: {process} of rule {rule['name']} is not listed")
            else:
                state = "held" if row[6] == process.score else "refused"
                if (row[1], row[4], row[7], row[8]) != (process.start, rule["name"], process.score,
                                                        state):
                    self.violated(f"told: {process} at {process.score}, {state}: {row}")

    def bad_file_weakens_nothing(self):
        """5."""
        self._soak.break_rules()
        for name in ("alpha", "tree", "low"):
            self._soak.programs.start(name, tree="soak-tree" if name == "tree" else "")
        self._rest("with a broken file", self._soak.rules)
        self._soak.mend_rules()

    def own_score_may_be_lowered(self):
        """8: whose score was raised may still lower it itself, to what it was."""
        process = self._soak.programs.start("alpha", uid=65534)
        wanted = next(rule["value"] for rule in self._soak.rules if rule["name"] == "alpha")
        world.until(lambda: world.read_score(process.pid) == wanted, "a new process is held")
        if not world.as_nobody(lambda: world.write_score(process.pid, 0)):
            self.violated(f"floor: {process.pid} may not lower its own score any more")

    def originals_come_back(self):
        """6. Whose forebear has ended could not be told to be its child when the rules come again."""
        self._soak.end_orphans(share=1)
        self._soak.guard.write_rules(meaning.yaml_of([]))
        self._rest("without rules", [])
        self._soak.guard.write_rules(meaning.yaml_of(self._soak.rules))
        self._rest("with the rules again", self._soak.rules)

    def footprint(self, first, last):
        """9."""
        self.growth = f"{first} at first, {last} at last"
        if last["descriptors"] > first["descriptors"]:
            self.violated(f"descriptors have grown: {self.growth}")
        if last["anonymous"] > first["anonymous"] + SPARE_KB:
            self.violated(f"memory has grown: {self.growth}")
