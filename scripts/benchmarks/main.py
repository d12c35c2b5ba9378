"""Runs the benchmarks that are named, or all of them."""

from __future__ import annotations

import argparse

import latency
from stack import Standin

BENCHMARKS = {"latency": latency}


def main() -> None:
    described = "; ".join(f"{name}: {(module.__doc__ or '').strip()}" for name, module in BENCHMARKS.items())
    parser = argparse.ArgumentParser(description="Measures a release build of Magpie.", epilog=described)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], default=[])
    names = parser.parse_args().names or list(BENCHMARKS)
    standin = Standin()
    try:
        for name in names:
            print(f"== {name}", flush=True)
            BENCHMARKS[name].run(standin)
    finally:
        standin.stop()


if __name__ == "__main__":
    main()
