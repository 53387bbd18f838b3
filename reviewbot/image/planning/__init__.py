"""Which images a change affects, from the configuration, bake files, Compose files and Dockerfiles."""
