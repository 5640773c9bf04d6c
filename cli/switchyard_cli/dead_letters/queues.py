"""The dead-letter queues of a deployment, each known by the function that reads, or refuses, what ends there."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from switchyard.queues import Queue
from switchyard.suggestions import did_you_mean
from switchyard_cli.dead_letters.letter import Letter, letters_of
from switchyard_cli.dead_letters.moving import Road, move
from switchyard_cli.dead_letters.reading import MAX_HELD, Reading
from switchyard_cli.dead_letters.selection import Known, Selection
from switchyard_cli.deployment import Deployment, NoDeployment
from switchyard_cli.rate_limit import Pace


class DeadLetterQueues:
    """Those that a selection is about; ``remarks`` has what a person should know about what was read."""

    def __init__(self, deployment: Deployment, selection: Selection) -> None:
        """Raise NoDeployment for a queue that the deployment has not."""
        known = deployment.dead_letters
        if selection.queue and selection.queue not in known:
            hint = did_you_mean(selection.queue, known)
            raise NoDeployment(f"{deployment.name} has no dead-letter queue '{selection.queue}'{hint}")
        self._deployment = deployment
        self._sqs = deployment.client("sqs")
        self._selection = selection
        self._names = [selection.queue] if selection.queue else list(known)
        self.remarks: list[str] = []

    def letters(self) -> Iterator[Letter]:
        """Yield the letters that are meant, and leave them where they are."""
        known = Known(self._selection)
        for name in self._names:
            with self._reading(name) as reading:
                for letter in (letter for message in reading for letter in letters_of(name, message)):
                    known.add(letter)
                    if self._selection.has(letter):
                        yield letter
            self._remark(name, reading)
        self.remarks += known.remarks()

    def redrive(self, counted: AbstractSet[str], pace: Pace) -> Iterator[int]:
        """Move the letters that are meant back to their queues; yield how many at a time."""
        for name in self._names:
            if url := self._deployment.queues.get(name):
                yield from self._move(name, Queue(self._sqs, url), counted, pace)

    def purge(self, counted: AbstractSet[str], pace: Pace) -> Iterator[int]:
        """Delete the letters that are meant; yield how many at a time."""
        for name in self._names:
            yield from self._move(name, None, counted, pace)

    def _move(self, name: str, to: Queue | None, counted: AbstractSet[str], pace: Pace) -> Iterator[int]:
        road = Road(name, Queue(self._sqs, self._deployment.dead_letters[name]), to)
        with self._reading(name) as reading:
            yield from move(reading, road, self._selection, counted, pace)

    def _reading(self, name: str) -> Reading:
        # The local stack's queues have one server, whose answers are exact.
        wait_seconds = 0 if self._deployment.is_local else 1
        return Reading(self._sqs, self._deployment.dead_letters[name], wait_seconds)

    def _remark(self, name: str, reading: Reading) -> None:
        if reading.in_other_hands:
            self.remarks.append(
                f"{reading.in_other_hands} more message(s) of {name} are in other hands, perhaps in those of another "
                "`dlq` command; they are not counted here"
            )
        if reading.is_cut_short:
            self.remarks.append(f"{name} has more than the {MAX_HELD:,} messages that were read; repeat for the rest")
