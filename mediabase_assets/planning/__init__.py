"""What has to be built and why. Decides, and never writes but what it saw."""
