"""What a configuration without mistakes will surely do that nobody wants.

``wiring``         sources and destinations: their keys, tokens, regions, and who feeds whom
``subscriptions``  subscriptions that send nothing, or send the same events twice
``mappings``       mappings that make people one, groups that no event belongs to, texts that look like paths

``enabled`` has the subscriptions that run. ``conditions`` says what can be told of a condition without events, and
``probes`` makes up events to try conditions with. Every warning is certain: where a configuration alone cannot tell,
there is none.
"""

from collections.abc import Iterator

from switchyard.config import Config, DestinationConfig
from switchyard.destinations import load_type
from switchyard_cli.config.documents import Problem
from switchyard_cli.config.schema import WrittenDestination
from switchyard_cli.config.sources_and_destinations import Place, Written
from switchyard_cli.config.warnings.enabled import enabled_subscriptions
from switchyard_cli.config.warnings.mappings import group_warnings, identity_warnings, text_warnings
from switchyard_cli.config.warnings.subscriptions import idle_warnings, overlap_warnings, refusal_warnings
from switchyard_cli.config.warnings.wiring import wiring_warnings
from switchyard_cli.secrets_from_environment import conceal


def find_warnings(written: Written, config: Config, *, deploying: bool) -> list[Problem]:
    """Return the warnings about ``written``, of which ``config`` was compiled, in the order of the files.

    ``deploying`` adds what does no harm on the operator's own machine.
    """
    found = [*wiring_warnings(written, config, deploying=deploying)]
    for (destination, place), compiled in zip(written.destinations, config.destinations, strict=True):
        found += _subscription_warnings(destination, compiled, place)
    return sorted(found, key=lambda each: (each.file, each.line))


def _subscription_warnings(written: WrittenDestination, config: DestinationConfig, place: Place) -> Iterator[Problem]:
    enabled = list(enabled_subscriptions(written, config, place))
    settings = load_type(config.type).settings(**conceal(config.settings))
    yield from idle_warnings(written, place, enabled)
    yield from refusal_warnings(enabled, settings)
    yield from overlap_warnings(enabled, settings)
    yield from identity_warnings(enabled)
    yield from group_warnings(enabled)
    yield from text_warnings(enabled)
