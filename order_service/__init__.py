"""order_service: owns orders and their status. It never moves money."""
