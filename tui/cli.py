"""The command line: `ecr-investigate PATH...` opens the interface, a subcommand answers in text.

Heavy imports (textual, duckdb) happen only where a command needs them, so `--help` and
`--version` answer at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from queries.errors import InvestigationError, NothingToRead, WrongUsage
from tui.program import DONE, PROGRAM, STOPPED, UNREADABLE, USAGE, program_version


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "--no-cache" in given:
        from queries.unexpected import REPORTS

        REPORTS["kept"] = False
    try:
        return _run(given)
    except WrongUsage as error:
        return _complain(error, USAGE)
    except (NothingToRead, InvestigationError) as error:
        return _complain(error, UNREADABLE)
    except KeyboardInterrupt:
        return _complain("stopped", STOPPED)
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough: no error. Python would complain
        # once more when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # a defect, or a disk or memory that does not suffice
        from queries.unexpected import in_a_sentence

        return _complain(in_a_sentence(error), UNREADABLE)


def _complain(what: object, code: int) -> int:
    from queries.safe_text import safe_text

    print(f"{PROGRAM}: {safe_text(str(what))}", file=sys.stderr)
    return code


def _run(given: list[str]) -> int:
    from tui.commands.parsing import parsed

    options = parsed(given)
    if options.version:
        print(f"{PROGRAM} {program_version()}")
        return DONE
    if options.command is not None:
        from tui.commands.registry import COMMANDS

        return COMMANDS[options.command].run(options)
    from tui.commands.interface import open_interface

    options.given = given
    return open_interface(options)


if __name__ == "__main__":
    sys.exit(main())
