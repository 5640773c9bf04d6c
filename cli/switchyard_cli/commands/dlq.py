"""``switchyard dlq …``: dead letters by reason, one in full, back to their queues, into a file, or away."""

import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Final, NamedTuple

import typer

from switchyard import clock
from switchyard_cli.commands.choosing import Choice, with_choice
from switchyard_cli.commands.output import complain, print_line, tell
from switchyard_cli.dead_letters.groups import Groups
from switchyard_cli.dead_letters.letter import Letter
from switchyard_cli.dead_letters.queues import DeadLetterQueues
from switchyard_cli.dead_letters.remedies import can_be_redriven
from switchyard_cli.dead_letters.text import print_groups, print_letter, print_remedies
from switchyard_cli.progress import show_progress
from switchyard_cli.rate_limit import Pace
from switchyard_cli.terminal import open_console

AsJson = Annotated[bool, typer.Option("--json", help="A JSON object a line, for scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count what would be redriven, by reason.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask, for scripts.")]
Rate = Annotated[float, typer.Option(min=0.1, help="Events a second.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="An event's messageId, or the id of a message in SQS.")]

REDRIVE_RATE: Final = 200.0
PURGE_RATE: Final = 10_000.0

app = typer.Typer(no_args_is_help=True, help="Dead letters: what could not go on, why, and what to do about it.")


@app.command("list")
@with_choice
def list_(choice: Choice, *, json: AsJson = False) -> None:
    """Show dead letters by reason, with their number, their age and what to do. They stay where they are."""
    counted = _count(choice)
    if json:
        for group in counted.groups:
            print_line(group.document())
    else:
        print_groups(console := open_console(), counted.groups, clock.now())
        print_remedies(console, counted.groups)


@app.command()
@with_choice
def show(choice: Choice, wanted: Id, *, json: AsJson = False) -> None:
    """Show dead letters whole: why, when, the event, and the operations as they were sent."""
    console, found = open_console(), 0
    for letter in _letters(DeadLetterQueues(choice.deployment, choice.selection)):
        if wanted in (letter.message_id, letter.message.id):
            found += 1
            print_line(letter.document()) if json else print_letter(console, letter)
    if not found:
        complain(f"there is no dead letter '{wanted}'; `switchyard dlq export` has the ids of all")
        raise typer.Exit(1)


@app.command()
@with_choice
def export(choice: Choice) -> None:
    """Write dead letters as JSON lines. They stay where they are."""
    for letter in _letters(DeadLetterQueues(choice.deployment, choice.selection), show=not sys.stdout.isatty()):
        print_line(letter.document())


@app.command()
@with_choice
def redrive(choice: Choice, *, dry_run: DryRun = False, yes: Yes = False, rate: Rate = REDRIVE_RATE) -> None:
    """Put dead letters back into the queues that they come from. Safe to repeat; those that fail again come back here.

    What is moved are the letters that were counted, at a crash some of them twice: Mixpanel counts an event once.
    """
    counted = _count(choice, lambda letter: can_be_redriven(letter.why))
    print_groups(open_console(), counted.groups, clock.now())
    if counted.left_out:
        complain(f"{counted.left_out} event(s) cannot be redriven; `switchyard dlq list` says why")
    if dry_run or not counted.groups.events:
        return
    _confirm(f"Redrive {counted.groups.events:,} event(s)?", yes=yes)
    _move(counted, counted.queues.redrive(counted.message_ids, Pace(rate)), "redriven")


@app.command()
@with_choice
def purge(choice: Choice, *, yes: Yes = False) -> None:
    """Delete dead letters for good, once that is confirmed. `dlq export` keeps a copy."""
    counted = _count(choice)
    print_groups(open_console(), counted.groups, clock.now())
    if not counted.groups.events:
        return
    _confirm(f"Delete {counted.groups.events:,} event(s) for good?", yes=yes)
    _move(counted, counted.queues.purge(counted.message_ids, Pace(PURGE_RATE)), "deleted")


class _Counted(NamedTuple):
    """The letters that are meant: by reason, and the SQS ids of their messages."""

    queues: DeadLetterQueues
    groups: Groups
    message_ids: set[str]
    left_out: int


def _count(choice: Choice, is_meant: Callable[[Letter], bool] = lambda _: True) -> _Counted:
    queues = DeadLetterQueues(choice.deployment, choice.selection)
    groups, message_ids, left_out = Groups(), set(), 0
    for letter in _letters(queues):
        if is_meant(letter):
            groups.add(letter)
            message_ids.add(letter.message.id)
        else:
            left_out += 1
    return _Counted(queues, groups, message_ids, left_out)


def _letters(queues: DeadLetterQueues, *, show: bool = True) -> Iterator[Letter]:
    yield from show_progress(queues.letters(), "dead letters", show=show)
    for remark in queues.remarks:
        complain(remark)


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        complain("nothing was done: say --yes, since there is no terminal to ask at")
        raise typer.Exit(2)
    if not typer.confirm(question, err=True):
        complain("nothing was done")
        raise typer.Exit(1)


def _move(counted: _Counted, moves: Iterator[int], done: str) -> None:
    """Move the letters, and say how far it came even if it is interrupted."""
    number = 0
    try:
        for some in show_progress(moves, "events", weigh=int):
            number += some
    finally:
        rest = counted.groups.events - number
        tell(f"{number:,} event(s) {done}" + (f"; {rest:,} are still there: repeat the command" if rest else ""))
