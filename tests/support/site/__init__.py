"""The site that the tests sign in to: a few pages, and user models of other shapes."""
