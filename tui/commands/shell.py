"""The commands `completion` and `manual`: written from the command line as it is."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

from tui.commands.examples import EXAMPLES
from tui.program import EXIT_CODES, PROGRAM


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its names, what it takes, what it does."""

    names: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    help: str


def completion_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="whose script to print")


def manual_options(parser: argparse.ArgumentParser) -> None:
    pass


def completion(options: argparse.Namespace) -> int:
    """Print a script that completes commands, options and their values; files otherwise."""
    if options.shell == "fish":
        print(_fish())
    else:
        print(
            "autoload -U +X bashcompinit && bashcompinit" if options.shell == "zsh" else "", end=""
        )
        print(_bash())
    return 0


def manual(options: argparse.Namespace) -> int:
    """Print the manual page."""
    print(_manual())
    return 0


def described() -> tuple[list[Option], dict[str, tuple[str, list[Option]]]]:
    """The options of the interface, and for each command its line of help and its options."""
    from tui.commands.parsing import interface_parser
    from tui.commands.registry import COMMANDS, add_commands

    parser = argparse.ArgumentParser(prog=PROGRAM)
    add_commands(parser)
    [children] = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    commands = {
        name: (COMMANDS[name].help, _options(child)) for name, child in children.choices.items()
    }
    return _options(interface_parser()), commands


def _options(parser: argparse.ArgumentParser) -> list[Option]:
    found = []
    for action in parser._actions:
        if action.help == argparse.SUPPRESS:
            continue
        metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
        takes = action.nargs != 0
        choices = tuple(map(str, action.choices or ()))
        if not action.option_strings and not choices:
            continue
        found.append(
            Option(
                tuple(action.option_strings),
                (("|".join(choices) or metavar) if takes else ""),
                choices,
                (action.help or "").replace("%%", "%"),
            )
        )
    return found


def _words(options: list[Option]) -> str:
    return " ".join(name for option in options for name in option.names)


def _bash() -> str:
    own, commands = described()
    cases = []
    values: dict[str, tuple[str, ...]] = {}
    for name, (_, options) in commands.items():
        free = " ".join(c for o in options if not o.names for c in o.choices)
        cases.append(f'    {name}) words="{_words(options)} {free}" ;;')
    for options in [own, *(options for _, options in commands.values())]:
        for option in options:
            if option.choices and option.names:
                known = values.get(option.names[0], ())
                values[option.names[0]] = tuple(dict.fromkeys([*known, *option.choices]))
    chosen = [f'    {name}) words="{" ".join(choices)}" ;;' for name, choices in values.items()]
    return "\n".join(
        [
            "_ecr_investigate() {",
            '  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"',
            '  local words="" command="${COMP_WORDS[1]}"',
            '  case "$before" in',
            *chosen,
            "  esac",
            '  if [ -n "$words" ]; then :; elif [ "$COMP_CWORD" = 1 ]; then',
            f'    words="{_words(own)} {" ".join(commands)}"',
            '  else case "$command" in',
            *cases,
            f'    *) words="{_words(own)}" ;;',
            "  esac; fi",
            '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
            "}",
            f"complete -o default -o bashdefault -F _ecr_investigate {PROGRAM}",
        ]
    )


def _fish() -> str:
    own, commands = described()
    lines = []
    for name, (said, options) in commands.items():
        lines.append(f"complete -c {PROGRAM} -n __fish_use_subcommand -a {name} -d {_quoted(said)}")
        lines += [_fish_option(option, f"__fish_seen_subcommand_from {name}") for option in options]
    lines += [_fish_option(option, "__fish_use_subcommand") for option in own]
    return "\n".join(lines)


def _fish_option(option: Option, when: str) -> str:
    said = f"complete -c {PROGRAM} -n {_quoted(when)}"
    for name in option.names:
        said += f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}"
    if option.choices:
        said += f" -x -a {_quoted(' '.join(option.choices))}"
    elif option.value:
        said += " -r"
    return f"{said} -d {_quoted(option.help)}"


def _quoted(text: str) -> str:
    return "'" + re.sub(r"\s+", " ", text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _manual() -> str:
    from tui.program import program_version

    own, commands = described()
    lines = [
        f'.TH ECR-INVESTIGATE 1 "" "{PROGRAM} {_roff(program_version())}" "User Commands"',
        ".SH NAME",
        f"{_roff(PROGRAM)} \\- who pushed what to the container registry, and what else they did",
        ".SH SYNOPSIS",
        f".B {_roff(PROGRAM)}\n[\\fIOPTIONS\\fR] \\fIPATH\\fR...\n.br\n.B {_roff(PROGRAM)}",
        "\\fICOMMAND\\fR \\fIPATH\\fR... [\\fIOPTIONS\\fR]",
        ".SH DESCRIPTION",
        "Reads exported CloudTrail logs (files, folders, archives, s3://, gs:// and az:// paths;"
        " \\- is standard input) and opens an interface to walk from a repository to its pushes, to"
        " who pushed, and to everything they did. Each command answers the same questions in text."
        " Press ? in"
        " the interface for the keys that work there.",
        ".SH OPTIONS",
        *_roff_options(own),
        ".SH COMMANDS",
    ]
    for name, (said, options) in commands.items():
        lines += [f".SS {_roff(name)}", _roff(said) + "."]
        for example in EXAMPLES.get(name, ()):
            lines += [".PP", f".EX\n{_roff(example)}\n.EE"]
        lines += _roff_options(options)
    lines += [
        ".SH EXIT STATUS",
        *(f".TP\n.B {code}\n{_roff(means)}" for code, means in EXIT_CODES.items()),
        ".SH ENVIRONMENT",
        ".TP\n.B XDG_CACHE_HOME\nwhere indexes are kept",
        ".TP\n.B XDG_CONFIG_HOME\nwhere config.toml and saved statements are looked for",
        ".TP\n.B NO_COLOR\nif set, no colours",
    ]
    return "\n".join(lines)


def _roff_options(options: list[Option]) -> list[str]:
    lines = []
    for option in options:
        if not option.names:
            continue
        value = f" \\fI{_roff(option.value)}\\fR" if option.value else ""
        lines.append(f".TP\n.B {', '.join(map(_roff, option.names))}{value}")
        lines.append(_roff(option.help or " "))
    return lines


def _roff(text: str) -> str:
    """Text that roff takes for text."""
    plain = re.sub(r"\s+", " ", text).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain
