"""Programs that are made to look at, or to be part of, the host they run on."""

from __future__ import annotations

import re

from reviewbot.source.compose import Service
from reviewbot.source.compose_ports import ports_of

_WATCHES_THE_HOST = frozenset(
    (
        *(
            "exporter",
            "cadvisor",
            "netdata",
            "glances",
            "datadog",
            "telegraf",
            "newrelic",
            "promtail",
            "alloy",
            "beszel",
        ),
        *(
            "filebeat",
            "metricbeat",
            "packetbeat",
            "heartbeat",
            "fluentd",
            "fluentbit",
            "fluent",
            "vector",
            "otel",
            "falco",
        ),
        *("opentelemetry", "sysdig", "wazuh", "scrutiny", "dozzle", "zabbix", "checkmk", "dynatrace", "coroot", "htop"),
    )
)
_IS_PART_OF_THE_NETWORK = frozenset(
    (
        *(
            "vpn",
            "wireguard",
            "wg",
            "tailscale",
            "zerotier",
            "gluetun",
            "openvpn",
            "netbird",
            "headscale",
            "strongswan",
        ),
        *("ipsec", "pihole", "dnsmasq", "dhcp", "keepalived", "fail2ban", "firewall", "netfilter", "iptables", "frr"),
        *(
            "crowdsec",
            "homeassistant",
            "assistant",
            "homebridge",
            "avahi",
            "mdns",
            "plex",
            "matter",
            "unifi",
            "adguard",
        ),
        *(
            "adguardhome",
            "cloudflared",
            "upnp",
            "minidlna",
            "scrypted",
            "hyperion",
            "snapcast",
            "nebula",
            "warp",
            "bird",
        ),
        *("v2ray", "xray", "shadowsocks", "clash", "ipv6nat", "softether", "wireguard-ui", "amnezia", "ddns", "mtr"),
        *("dlna", "discovery", "multicast", "zigbee2mqtt"),
    )
)
_TUNNEL_PORTS = ((51820, 51820), (1194, 1194), (4500, 4500))
"""What WireGuard, OpenVPN and IPsec listen on."""


def watches_the_host(service: Service) -> bool:
    """Whether it is an agent that reports on the machine: to see the host is its work."""
    return bool(_WATCHES_THE_HOST & _words(service))


def is_part_of_the_network(service: Service) -> bool:
    """Whether it is a VPN, a name server, or answers to discovery: the host's network is what it works on."""
    words = _words(service)
    if _IS_PART_OF_THE_NETWORK & words or any(word.endswith(("vpn", "wireguard")) for word in words):
        return True
    devices = service.get("devices")
    places = [item.scalar or "" for item in devices.elements()] if devices else []
    has_tunnel = any("/dev/net/tun" in place for place in (*places, *(mount.target for mount in service.mounts)))
    return has_tunnel or any(port.target in _TUNNEL_PORTS for port in ports_of(service))


def _words(service: Service) -> set[str]:
    """The words of the names of the file, the service and the image."""
    image = ((service.image.scalar or "") if service.image else "").partition("@")[0]
    file = service.file.path.rpartition("/")[2]
    names = (file, service.name, image.rpartition(":")[0] or image)
    words = {word for name in names for word in re.split(r"[^a-z0-9]+", name.lower())}
    return words | {word.removeprefix("docker") for word in words}
