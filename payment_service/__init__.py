"""payment_service: owns accounts, payments and the ledger."""
