"""Settings of all tests."""

from hypothesis import settings

# Two cores are shared with whatever else runs, so no test is failed for being slow; examples are the same every time.
settings.register_profile("shared", deadline=None, derandomize=True)
settings.load_profile("shared")
