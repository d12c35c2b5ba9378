"""Runs the benchmarks that are named, or all of them."""

from __future__ import annotations

import argparse
import signal
import sys
import traceback

import archive
import bulk
import claims
import events
import history
import latency
import nodes
import page
import playlist
import proxies
import siege
from bench import Bench
from sizes import FULL, QUICK

BENCHMARKS = {"latency": latency, "bulk": bulk, "archive": archive, "playlist": playlist, "events": events, "page": page, "siege": siege, "queue": claims, "history": history, "gateway": proxies, "nodes": nodes}


def main() -> int:
    arguments = _arguments()
    # So that everything that was started is ended, and what was written removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench((QUICK if arguments.quick else FULL).with_rows(arguments.rows))
    broken = []
    try:
        for name in arguments.names or BENCHMARKS:
            print(f"== {name}", flush=True)
            try:
                BENCHMARKS[name].run(bench)
            except Exception:  # noqa: BLE001 — the others can still be measured
                traceback.print_exc()
                broken.append(name)
    finally:
        bench.stop()
    if broken:
        print(f"not measured, for something broke: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    described = "\n".join(f"  {name:9} {(module.__doc__ or '').strip()}" for name, module in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures a release build of Magpie. A missed target is no failure.",
        epilog=f"benchmarks:\n{described}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []], default=[])
    parser.add_argument("--quick", action="store_true", help="small and few: shows that it works, measures nothing")
    parser.add_argument("--rows", type=_counts, default=(), help="how many jobs wait in `queue`: 1000,100000")
    return parser.parse_args()


def _counts(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
