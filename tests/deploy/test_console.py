"""The compose file's console starts: its settings are the code's, and safe beyond loopback."""

import yaml

from payonce.console.settings import ConsoleSettings
from payonce.dev_certs import client_settings
from tests.deploy.compose import FILE

PREFIX = "PAYONCE_CONSOLE_"
CONSOLE = yaml.safe_load(FILE.read_text())["services"]["console"]
GIVEN = {name: value for name, value in CONSOLE["environment"].items() if name.startswith(PREFIX)}


def settings() -> ConsoleSettings:
    given = {name.removeprefix(PREFIX).lower(): value for name, value in GIVEN.items()}
    assert set(given) <= set(ConsoleSettings.model_fields)
    return ConsoleSettings.model_validate(given)


def test_it_starts_and_browsers_of_this_machine_know_its_name() -> None:
    assert set(client_settings(FILE.parent)) <= set(CONSOLE["environment"])
    settings().require_safe(services_have_tls=True)
    assert not settings().open
    assert {"localhost", "127.0.0.1"} == set(settings().host_names)


def test_nobody_else_reaches_it() -> None:
    (published,) = CONSOLE["ports"]
    assert published.startswith("127.0.0.1:")
    assert CONSOLE["profiles"] == ["console"], "who wants it asks for it"


def test_there_is_one() -> None:
    """Its sessions are in memory."""
    assert "deploy" not in CONSOLE
