"""Where people are signed in: the rows, the engines of sessions, the entry, and the page."""
