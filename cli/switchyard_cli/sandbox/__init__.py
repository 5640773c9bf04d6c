"""A sandbox that stands in for Mixpanel's ingestion API, strict where Mixpanel is.

``rules``       what every endpoint asks of a record
``events``      what ``/import`` and ``/track`` refuse, and what is kept
``updates``     what ``/engage`` and ``/groups`` refuse, and what the operations do
``project``     one project's events, profiles, groups and aliases; ``store`` has all projects and the counts
``bodies``      HTTP requests → records
``replies``     what Mixpanel answers
``ingestion``   the four endpoints
``faults``      what goes wrong on purpose
``inspection``  the windows below ``/sandbox``; ``server`` puts it all on loopback

It knows no credentials but project tokens, locates nobody, merges no identities and limits no rates.
"""

from switchyard_cli.sandbox.faults import ConnectionDropped, Faults
from switchyard_cli.sandbox.project import Snapshot
from switchyard_cli.sandbox.replies import Reply
from switchyard_cli.sandbox.sandbox import Sandbox
from switchyard_cli.sandbox.server import Server

__all__ = ["ConnectionDropped", "Faults", "Reply", "Sandbox", "Server", "Snapshot"]
