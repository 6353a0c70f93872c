"""Settings of the tools that all tests share."""

from hypothesis import settings

# Machines are noisy: how long an example takes is no reason to fail.
settings.register_profile("wingtel", deadline=None)
settings.load_profile("wingtel")
