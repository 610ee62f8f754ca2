"""What migrations took: the asset that shows it, and the sensor that reports it."""
