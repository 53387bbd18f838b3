"""What is known of images, as values without any I/O."""
