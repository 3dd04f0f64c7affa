from collections.abc import Iterator

import pytest

from simulation.install import installed


@pytest.fixture
def simulated() -> Iterator[None]:
    with installed():
        yield
