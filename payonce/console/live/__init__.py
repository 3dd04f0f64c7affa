"""Figures that change while one looks: read from the services, and drawn."""
