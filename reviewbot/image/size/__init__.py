"""What each instruction adds: history laid over the Dockerfile, base and head paired, budgets."""
