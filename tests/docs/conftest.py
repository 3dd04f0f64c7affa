"""The images, of the container tests."""

from tests.containers.conftest import images  # noqa: F401 - a fixture
