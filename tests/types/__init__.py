"""What type checkers see of the package; mypy reads these files, and nothing runs them."""
