"""docs/operations.md lists the settings that the code has."""

from guide.settings import tables


def test_every_setting_of_both_services_is_there() -> None:
    from order_service.config import OrderSettings
    from payment_service.config import PaymentSettings

    text = tables()
    for settings, prefix in ((OrderSettings, "ORDER_"), (PaymentSettings, "PAYMENT_")):
        for field in settings.model_fields:
            assert f"`{prefix}{field.upper()}`" in text or f"`…_{field.upper()}`" in text
