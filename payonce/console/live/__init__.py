"""Figures that change while one looks: read from the services, drawn, and sent to the browser."""
