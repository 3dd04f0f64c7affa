"""Who looks at the console: visits, sessions, and what every request passes."""
