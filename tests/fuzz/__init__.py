"""What has to hold whatever a provider or a browser says."""
