"""Which figures are wanted? `script/bench NAME` runs the module of that name."""

import sys
from collections.abc import Callable, Mapping, Sequence

from . import calls, console, portal

BENCHES: Mapping[str, Callable[[Sequence[str]], int]] = {
    "calls": calls.main,
    "console": console.main,
    "portal": portal.main,
}


def main(arguments: Sequence[str]) -> int:
    bench = BENCHES.get(arguments[0]) if arguments else None
    if bench is None:
        sys.stderr.write(f"Usage: script/bench {' | '.join(BENCHES)} [--help]\n")
        return 2
    return bench(arguments[1:])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
