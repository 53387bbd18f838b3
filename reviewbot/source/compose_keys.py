"""The order in which people write the keys of Compose files."""

from __future__ import annotations

SERVICE_KEYS: tuple[str, ...] = (
    *("extends", "image", "build", "platform", "pull_policy", "container_name", "hostname", "domainname", "profiles"),
    *("provider", "user", "userns_mode", "group_add", "privileged", "cap_drop", "cap_add", "security_opt", "read_only"),
    *("init", "entrypoint", "command", "working_dir", "stdin_open", "tty", "environment", "env_file", "secrets"),
    *("configs", "ports", "expose", "links", "external_links", "extra_hosts", "dns", "networks", "network_mode"),
    *("volumes", "volumes_from", "tmpfs", "devices", "depends_on", "healthcheck", "restart", "stop_signal"),
    *("stop_grace_period", "scale", "deploy", "mem_limit", "cpus", "pids_limit", "ulimits", "sysctls", "logging"),
    "labels",
)
"""What a service is, what it may do, what it runs, with what, on what, and how it is kept running."""

TOP_LEVEL_KEYS: tuple[str, ...] = (
    *("version", "name", "include", "services", "networks", "volumes", "configs", "secrets", "models"),
)
