"""The benchmark: `make bench`. How it measures, and what came out, is told in docs/performance.md."""
