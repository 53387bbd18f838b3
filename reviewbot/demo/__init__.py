"""The example change that ships with the project: a small web service, and a commit that makes it worse."""
