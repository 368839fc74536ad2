"""The console: pages for an operator, made here, that work without a script."""
