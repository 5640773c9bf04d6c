"""Mixpanel, as Segment's "Mixpanel (Actions)" destination speaks to it.

``actions``    an event's fields → operations, with ``presets`` of subscriptions and the ``settings`` of a project
``batcher``    operations → batches; ``order`` says which of them depend on each other's
``sender``     batches → outcomes: through ``transport``, by what ``replies`` mean, in words that ``reasons`` cleans
"""

from typing import Final

from switchyard.destinations.base import DestinationType
from switchyard.destinations.mixpanel.actions import ACTIONS
from switchyard.destinations.mixpanel.batcher import batches
from switchyard.destinations.mixpanel.order import whose
from switchyard.destinations.mixpanel.presets import PRESETS
from switchyard.destinations.mixpanel.sender import send
from switchyard.destinations.mixpanel.settings import MixpanelSettings

DESTINATION_TYPE: Final = DestinationType(
    name="mixpanel",
    integrations=("Mixpanel (Actions)", "Mixpanel"),
    settings=MixpanelSettings,
    actions=ACTIONS,
    presets=PRESETS,
    batches=batches,
    send=send,
    whose=whose,
)
