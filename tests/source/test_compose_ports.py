"""Published ports in both syntaxes."""

from __future__ import annotations

import pytest

from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_ports import ports_of
from reviewbot.source.text import Text


def ports(written: str):
    content = f"services:\n  a:\n    image: x\n    ports: {written}\n"
    return ports_of(parse_compose(Text("compose.yaml", content)).services[0])


@pytest.mark.parametrize(
    ("written", "address", "published", "target", "protocol"),
    [
        ("['80']", "", None, (80, 80), "tcp"),
        ("[80]", "", None, (80, 80), "tcp"),
        ("[22:22]", "", (22, 22), (22, 22), "tcp"),
        ("['8080:80/udp']", "", (8080, 8080), (80, 80), "udp"),
        ("['127.0.0.1:8080:80']", "127.0.0.1", (8080, 8080), (80, 80), "tcp"),
        ("['127.0.0.1::80']", "127.0.0.1", None, (80, 80), "tcp"),
        ("['[::1]:8080:80']", "[::1]", (8080, 8080), (80, 80), "tcp"),
        ("['3000-3005:3000-3005']", "", (3000, 3005), (3000, 3005), "tcp"),
        ("['${BIND:-127.0.0.1}:${PORT:-8080}:80']", "127.0.0.1", (8080, 8080), (80, 80), "tcp"),
        ("['${BIND}:8080:80']", None, (8080, 8080), (80, 80), "tcp"),
        (
            "[{target: 80, published: '8080', host_ip: 10.0.0.1, protocol: udp}]",
            "10.0.0.1",
            (8080, 8080),
            (80, 80),
            "udp",
        ),
        ("[{target: 80}]", "", None, (80, 80), "tcp"),
    ],
)
def test_ports(written, address, published, target, protocol):
    (port,) = ports(written)
    assert (port.address, port.published, port.target, port.protocol) == (address, published, target, protocol)


@pytest.mark.parametrize("written", ["['xx:xx']", "['']", "[{published: 80}]", "[[80]]", "{a: b}", "['70000:70000']"])
def test_what_is_no_port(written):
    assert ports(written) == ()


def test_where_it_is_open():
    assert [
        port.is_on_all_interfaces for port in ports("['1:1', '0.0.0.0:1:1', '[::]:1:1', '127.0.0.1:1:1', '${X}:1:1']")
    ] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [port.is_local for port in ports("['127.0.0.1:1:1', '[::1]:1:1', '1:1', '10.0.0.1:1:1']")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_hidden_port_is_said_to_be_hidden():
    (hidden, random) = ports("['${PORT}:80', '80']")
    assert hidden.hides_published
    assert not random.hides_published
