"""The documentation: its examples run, its lists are complete, its links lead somewhere."""
