"""What is in an image: its layers, read once, and the questions they answer."""
