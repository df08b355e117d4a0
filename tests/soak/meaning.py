# SPDX-License-Identifier: MIT
"""What the rules of the soak mean, told a second time, from /proc alone: nothing of the guard's is
used. A process of the soak has in its environment what only the soak can know: the score it was
born with, and the program of whose tree it is."""

import fnmatch
import os
import re

ENVIRONMENT = ("SOAK", "SOAK_BORN", "SOAK_TREE")

# Name, match and value as in the rule file. The first that matches decides.
RULES = [
    {"name": "left", "match": {"name": "soak-left"}, "value": "unchanged"},
    {"name": "alpha", "match": {"name": "soak-alpha"}, "value": 301},
    {"name": "several", "match": {"name": ["soak-beta", "soak-gamma*"]}, "value": {"at_least": 200}},
    {"name": "keep", "match": {"name": "soak-delta", "cmdline": "* --keep*"},
     "except": {"cmdline": "*--not*"}, "value": 305},
    {"name": "late", "match": {"name": "soak-late"}, "value": 306},
    {"name": "user", "match": {"name": "soak-user", "user": "nobody"}, "value": 307},
    {"name": "tree", "match": {"name": "soak-tree"}, "value": 310, "children": "include"},
    {"name": "parent", "match": {"name": "soak-parent"}, "value": 320},
    {"name": "moved", "match": {"cgroup": "/soak-*/held-*"}, "value": 330},
    {"name": "limited", "match": {"name": "soak-limited", "user": "root"}, "value": -1000},
    {"name": "low", "match": {"name": "soak-low", "user": "root"}, "value": -400},
]


def variant(number):
    """The rules with other values, and some left out: what an administrator edits."""
    rules = [dict(rule) for rule in RULES]
    if number == 0:
        return rules
    for rule in rules:
        if rule["name"] in ("alpha", "tree", "parent"):
            rule["value"] += 100 * number
    return [rule for rule in rules if rule["name"] not in ("several", "user")[number % 2:]]


def yaml_of(rules):
    def text(value):
        if isinstance(value, list):
            return "[" + ", ".join(map(text, value)) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {text(item)}" for key, item in value.items()) + "}"
        return f'"{value}"' if isinstance(value, str) and value != "unchanged" else str(value)

    lines = ["rules:"] if rules else ["rules: []"]
    for rule in rules:
        lines += [f"  - name: {rule['name']}", f"    match: {text(rule['match'])}"]
        if "except" in rule:
            lines.append(f"    except: {text(rule['except'])}")
        lines.append(f"    oom_score_adj: {text(rule['value'])}")
        if "children" in rule:
            lines.append(f"    children: {rule['children']}")
    return "\n".join(lines) + "\n"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def name_of(pid):
    """Empty if there is no such process."""
    try:
        return read(f"/proc/{pid}/comm").decode().rstrip("\n")
    except OSError:
        return ""


class Process:
    """One process as /proc shows it. OSError if it has ended, ValueError if it is none of the
    soak's."""

    def __init__(self, pid, soak):
        self.pid = pid
        where = f"/proc/{pid}"
        environment = dict(part.split(b"=", 1) for part in read(f"{where}/environ").split(b"\0")
                           if b"=" in part)
        if environment.get(b"SOAK") != soak.encode():
            raise ValueError
        self.born = int(environment[b"SOAK_BORN"])
        self.tree = environment.get(b"SOAK_TREE", b"").decode()
        after_name = read(f"{where}/stat").rsplit(b") ", 1)[1].split()
        self.is_zombie = after_name[0] in (b"Z", b"X")
        self.parent = int(after_name[1])
        self.start = int(after_name[19])
        self.id = (pid, self.start)
        self.names = {read(f"{where}/comm").decode().rstrip("\n"),
                      os.path.basename(os.readlink(f"{where}/exe")).removesuffix(" (deleted)")}
        self.cmdline = read(f"{where}/cmdline").decode().rstrip("\0").replace("\0", " ")
        self.uid = int(re.search(rb"\nUid:\t(\d+)", read(f"{where}/status")).group(1))
        self.cgroup = next((line[3:] for line in read(f"{where}/cgroup").decode().splitlines()
                            if line.startswith("0::")), "")
        self.score = int(read(f"{where}/oom_score_adj"))

    def __str__(self):
        return f"{'/'.join(sorted(self.names))} ({self.pid}), born with {self.born}"


def holds(match, process):
    texts = {"name": process.names, "cmdline": [process.cmdline], "cgroup": [process.cgroup],
             "user": [{0: "root", 65534: "nobody"}.get(process.uid, "")]}
    for key, patterns in match.items():
        wanted = patterns if isinstance(patterns, list) else [patterns]
        if not any(fnmatch.fnmatchcase(text, pattern) for text in texts[key] for pattern in wanted):
            return False
    return True


def rule_of(process, rules):
    for rule in rules:
        if holds(rule["match"], process) and not ("except" in rule
                                                  and holds(rule["except"], process)):
            return rule
    # A descendant, wherever it is now.
    return next((rule for rule in rules if rule.get("children") == "include"
                 and rule["match"]["name"] == process.tree), None)


def wanted(process, rules, may_lower, is_limited):
    """The score that the process must have, by the rules and by what it was born with."""
    rule = rule_of(process, rules)
    if rule is None or rule["value"] == "unchanged":
        return process.born
    value = rule["value"]
    if isinstance(value, dict):
        return max(process.born, value["at_least"])
    if value < process.born and not may_lower:
        return process.born
    return max(value, -999) if is_limited(process.cgroup) else value


def processes(soak):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                found.append(Process(int(entry), soak))
            except (OSError, ValueError):
                continue
    return [process for process in found if not process.is_zombie]
