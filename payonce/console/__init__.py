"""The console: one web page for people who run payonce. A caller like any other, without a rule of its own."""
