"""docs/operations.md lists the settings that the code has."""

from tests.deploy.settings import PAGE, page, tables


def test_the_page_is_what_the_code_says() -> None:
    text = PAGE.read_text()
    assert page(text) == text, "the settings changed: make docs"


def test_every_setting_of_both_services_is_there() -> None:
    from order_service.config import OrderSettings
    from payment_service.config import PaymentSettings

    text = tables()
    for settings, prefix in ((OrderSettings, "ORDER_"), (PaymentSettings, "PAYMENT_")):
        for field in settings.model_fields:
            assert f"`{prefix}{field.upper()}`" in text or f"`…_{field.upper()}`" in text
