"""What a service tells of itself: metrics, traces, and what every log line carries. See docs/telemetry.md."""
