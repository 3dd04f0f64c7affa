"""Who looks at the console: visits, sessions, and forms that nobody else can send for them."""
