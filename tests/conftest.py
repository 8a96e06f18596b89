"""Settings of the test run: property tests are the same on every run, and have no deadline on a busy machine."""

from hypothesis import settings

settings.register_profile("symconv", deadline=None, derandomize=True)
settings.load_profile("symconv")
