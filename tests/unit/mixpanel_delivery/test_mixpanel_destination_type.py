"""The package as a destination type: found by its name, with all of its parts."""

from switchyard.destinations import mixpanel
from switchyard.destinations.mixpanel import batcher, sender


def test_the_destination_type_holds_the_parts_of_the_package():
    """Six actions and six presets, whose actions exist, and this package's batcher and sender."""
    destination_type = mixpanel.DESTINATION_TYPE
    assert destination_type.name == mixpanel.__name__.rpartition(".")[2]
    assert len(destination_type.actions) == len(destination_type.presets) == 6
    assert {preset["partnerAction"] for preset in destination_type.presets} <= destination_type.actions.keys()
    assert (destination_type.batches, destination_type.send) == (batcher.batches, sender.send)


def test_segments_names_for_it_come_with_the_most_specific_first():
    """As an event's ``integrations`` write them."""
    assert mixpanel.DESTINATION_TYPE.integrations == ("Mixpanel (Actions)", "Mixpanel")
