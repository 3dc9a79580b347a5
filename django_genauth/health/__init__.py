"""The health page: tells a monitor what this process sees of the provider, cache and database."""
