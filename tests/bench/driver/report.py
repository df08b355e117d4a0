# SPDX-License-Identifier: MIT
"""Figures, the table and the JSON."""

import dataclasses
import json
import os
import platform


@dataclasses.dataclass
class Figure:
    """One row. `data` are the numbers behind the texts, for the JSON."""

    part: str
    name: str
    value: str
    bar: str = ""
    met: bool | None = None  # None: there is no bar, or nothing was measured
    beside: str = ""
    data: dict = dataclasses.field(default_factory=dict)

    def row(self):
        verdict = {None: "", True: ": met", False: ": **missed**"}[self.met]
        return [self.name, self.value, self.bar + verdict, self.beside]


def machine():
    """Where and when: what else ran then is in the load average."""
    with open("/etc/os-release", encoding="utf-8") as file:
        release = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    return {
        "processors": os.cpu_count(),
        "system": release.get("PRETTY_NAME", "").strip('"'),
        "kernel": platform.release(),
        "load_average": os.getloadavg()[0],
    }


def print_table(figures):
    """As Markdown, padded so that it reads well in a terminal too."""
    rows = [["figure", "value", "bar", "beside"]] + [figure.row() for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths))
        print("| " + " | ".join(cells) + " |")


def print_machine(where):
    print(f"\n{where['processors']} processors, {where['system']}, Linux {where['kernel']}, "
          f"load average {where['load_average']:.1f} at the start")


def write_json(figures, where, path):
    document = {
        "machine": where,
        "figures": [dataclasses.asdict(figure) for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
