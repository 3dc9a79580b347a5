"""What `genauth_check` asks the site, the provider, and a sign-in."""
