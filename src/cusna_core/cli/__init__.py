"""What can be done from the command line?

Exit: 0 done (warnings and pending changes too), 1 an error finding, a held set or an outcome that is not
done, 2 wrong use or an unreadable file, 3 a bug.
"""

import io
import os
import sys

from cusna_core.cli.commands import app
from cusna_core.cli.perform import Failed


def main() -> None:
    """The command `cusna`."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show ✓ or somebody's name gets ? for it, and not a bug.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=True)
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        sys.exit(failed.code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read along has gone; nothing may be written any more, not at the exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as bug:  # noqa: BLE001 - the last place where a bug can be told as one
        # The traceback names places only: exceptions of ours hold no secrets, others' texts might.
        sys.stderr.write(f"This is a bug in Cusna ({type(bug).__name__}). {where(bug)}\n")
        sys.stderr.write(
            "Please report it with `cusna plugins` and the lines above. "
            "What was begun goes on at the next run.\n"
        )
        sys.exit(3)


def where(bug: BaseException) -> str:
    """The innermost place of the bug, without its text."""
    trace = bug.__traceback__
    place = "somewhere"
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return f"It happened at {place}."
