"""What the commands and the action do: gather from the edges, call the core."""
