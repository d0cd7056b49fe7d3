"""What has to be done, and by when."""
