"""Every way in which a provider or a browser can misbehave, each with its own verdict."""
