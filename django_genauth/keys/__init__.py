"""The app's own keys: the page on which the provider reads their public halves."""
