# SPDX-License-Identifier: MIT
"""Runs the parts of the benchmark, prints the table, writes the JSON. See tests/bench/run."""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile

import client
import costs
import exposure
import footprint
import report
import sweep

PARTS = {
    "load": costs.load,
    "match": costs.match,
    "footprint": footprint.measure,
    "storm": costs.storm,
    "sweep": sweep.measure,
    "exposure": exposure.measure,
    "client": client.measure,
}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--samples", type=int, default=500,
                        help="processes for each way to come to match")
    parser.add_argument("--idle-seconds", type=int, default=60,
                        help="how long idle programs are watched")
    parser.add_argument("--storm-seconds", type=int, default=5, help="length of each storm")
    parser.add_argument("--rounds", type=int, default=3,
                        help="repetitions, of which the median counts")
    parser.add_argument("--most-processes", type=int, default=10000,
                        help="the most idle processes that are swept over")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return arguments


def main():
    bench = parse_arguments()
    if os.geteuid() != 0:
        sys.exit("bench: run it as root")
    bench.build = bench.build.resolve()
    bench.source = pathlib.Path(__file__).resolve().parents[3]
    bench.scratch = pathlib.Path(tempfile.mkdtemp(prefix="oomguard-bench-"))
    where = report.machine()
    figures = []
    try:
        for name in bench.parts or PARTS:
            print(f"bench: {name} ...", file=sys.stderr, flush=True)
            figures += PARTS[name](bench)
    finally:
        shutil.rmtree(bench.scratch)
    report.print_table(figures)
    report.print_machine(where)
    report.write_json(figures, where, bench.build / "results.json")


if __name__ == "__main__":
    main()
