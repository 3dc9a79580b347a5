"""Session engines of a site's own, each a module, as SESSION_ENGINE names modules."""
