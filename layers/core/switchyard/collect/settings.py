"""What the browser's and the mobile SDKs ask before they send: to whom, with which key.

Every part of the answer is there for a reason that was found by trying: without ``apiKey`` the browser's SDK sends no
key, without ``Segment.io`` it sends to Segment itself, and without ``metrics`` it sends there what it counts. A second
integration, a remote plugin or a middleware would make it load code from Segment.
"""

from typing import Any


def settings_for(write_key: str, *, domain: str | None, protocol: str) -> dict[str, Any]:
    """Return the settings that make a client post to this API and nowhere else.

    ``domain`` is the host name that the client asked; where it is not known, the client keeps the one it was given.
    """
    address = {"apiHost": f"{domain}/v1", "protocol": protocol} if domain else {}
    host = {"host": f"{domain}/v1"} if domain else {}
    everything = {"__default": {"enabled": True}}
    return {
        "integrations": {"Segment.io": {"apiKey": write_key, **address, "retryQueue": True}},
        "metrics": {"sampleRate": 0, **host},
        "plan": {
            "track": {"__default": {"enabled": True, "integrations": {}}},
            "identify": everything,
            "group": everything,
        },
        "analyticsNextEnabled": True,
    }
