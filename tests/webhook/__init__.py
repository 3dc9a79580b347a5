"""The webhook: the answers of its view, and what each event does."""
