"""Which identities an account has: the page on which people connect and remove them."""
