"""The webhook: events of GenAuth's console."""
