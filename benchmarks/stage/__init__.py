"""What the benchmarks play on: invented seed files, a static server that logs, databases, measured child processes."""
