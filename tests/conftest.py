"""What all tests share: property tests that try the same examples everywhere, and credentials of nobody."""

import os

from hypothesis import settings

settings.register_profile("switchyard", derandomize=True, deadline=None)
settings.load_profile("switchyard")

# boto3 wants some; whatever a test reaches by mistake refuses these.
os.environ |= {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nobody", "AWS_DEFAULT_REGION": "eu-central-1"}
