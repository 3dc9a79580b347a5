"""Who is let in, and what of the claims becomes the user."""
