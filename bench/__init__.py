"""Measuring; not part of the tests."""
