"""What `genauth_check` finds: at the site, at the provider, and in a sign-in."""
