"""Timings and references, run by hand: ``python -m benchmarks``, never by the tests."""
