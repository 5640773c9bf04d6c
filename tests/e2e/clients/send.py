"""Send the calls of ``calls.json``, and tracks that are numbered, through a Python SDK.

python send.py LINE COUNT: LINE is Python that binds ``analytics`` to a module set up for a server.
"""

import json
import re
import sys
from datetime import datetime
from pathlib import Path


def arguments_of(call):
    """Return a call's fields as the keyword arguments that Python SDKs take."""
    arguments = {re.sub("[A-Z]", lambda capital: "_" + capital[0].lower(), name): value for name, value in call.items()}
    if "timestamp" in arguments:
        arguments["timestamp"] = datetime.fromisoformat(arguments["timestamp"])
    return arguments


def main(line, count):
    """Send everything; what the SDK reports as lost ends the program."""
    failures = []
    exec(line, globals())
    analytics = globals()["analytics"]
    analytics.on_error = lambda error, _calls: failures.append(error)
    for call in json.loads((Path(__file__).parent / "calls.json").read_text()):
        getattr(analytics, call.pop("type"))(**arguments_of(call))
    for number in range(int(count)):
        analytics.track("sdk-user", "Counted", {"i": number})
    analytics.shutdown()
    sys.exit(f"{failures}" if failures else 0)


main(*sys.argv[1:])
