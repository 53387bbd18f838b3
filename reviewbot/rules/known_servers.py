"""Web servers, proxies, object and secret stores and tools that many people run, from the documentation of their images."""

from __future__ import annotations

import re

from reviewbot.rules.image_family import (
    Family,
    Probe,
    ProbeOf,
    always,
    connects,
    curl,
    family,
    in_folder,
    is_alpine,
    is_mounted,
    is_set,
    port_of_variable,
    spider,
    variable,
)
from reviewbot.source.compose import Service
from reviewbot.source.reference import ImageReference


def _nginx(service: Service, image: ImageReference) -> Probe | None:
    if is_mounted(service, "/etc/nginx") or service.command:
        return None
    if "slim" in (image.tag or ""):
        return spider("http://127.0.0.1/")
    return curl("http://127.0.0.1/")


def _httpd(service: Service, image: ImageReference) -> Probe | None:
    if is_mounted(service, "/usr/local/apache2/conf") or service.command:
        return None
    return spider("http://127.0.0.1/") if is_alpine(image) else connects(80)


def _caddy(service: Service, image: ImageReference) -> Probe | None:
    """Its own interface for changes, which is there unless the configuration says ``admin off``: only of its own."""
    if is_mounted(service, "/etc/caddy") or service.command or is_set(service, "CADDY_ADMIN"):
        return None
    return spider("http://127.0.0.1:2019/config/")


def _traefik(service: Service, image: ImageReference) -> Probe | None:
    has_ping = re.search(r"--ping(?:=true)?(?:\s|$)", service.command) or variable(service, "TRAEFIK_PING") == "true"
    is_moved = "ping.entrypoint" in service.command.lower() or "entrypoints.traefik" in service.command.lower()
    return ("CMD", "traefik", "healthcheck", "--ping") if has_ping and not is_moved else None


def _minio(service: Service, image: ImageReference) -> Probe | None:
    release = re.search(r"RELEASE\.(\d{4})", image.tag or "")
    if "--address" in service.command or (release and int(release[1]) < 2023):
        return None
    return ("CMD", "mc", "ready", "local")


def _minio_data(service: Service, image: ImageReference) -> str | None:
    _, server, arguments = service.command.partition("server ")
    folders = [word for word in arguments.split() if word.startswith(("/", "http"))]
    is_one = server and len(folders) == 1 and folders[0].startswith("/") and not set(folders[0]) & set("{}$")
    return folders[0] if is_one else None


def _vault(service: Service, image: ImageReference) -> Probe | None:
    """Only as it starts by default, for development: how another one listens its configuration says."""
    if service.command and "-dev" not in service.command:
        return None
    if any(is_mounted(service, folder) for folder in ("/vault/config", "/openbao/config")):
        return None
    if is_set(service, "VAULT_DEV_LISTEN_ADDRESS") or is_set(service, "VAULT_LOCAL_CONFIG"):
        return None
    return spider("http://127.0.0.1:8200/v1/sys/health")


def _vault_data(service: Service, image: ImageReference) -> str | None:
    return "/vault/file" if '"/vault/file"' in (variable(service, "VAULT_LOCAL_CONFIG") or "") else None


def _http(url: str) -> ProbeOf:
    """For an image that has busybox's wget and always answers there unless told otherwise."""
    return lambda service, image: None if "listen-address" in service.command else spider(url)


def _grafana(service: Service, image: ImageReference) -> Probe | None:
    port = port_of_variable(service, 3000, "GF_SERVER_HTTP_PORT")
    if port is None or variable(service, "GF_SERVER_PROTOCOL") not in (None, "http"):
        return None
    url = f"http://127.0.0.1:{port}/api/health"
    return curl(url) if "ubuntu" in (image.tag or "") else spider(url)


def _apache_php(path: str) -> ProbeOf:
    """PHP's images hold curl; the ones for FastCGI serve no HTTP."""
    return lambda service, image: None if "fpm" in (image.tag or "") else curl(f"http://127.0.0.1/{path}")


def _registry(service: Service, image: ImageReference) -> Probe | None:
    has_own = any(is_set(service, name) for name in ("REGISTRY_HTTP_ADDR", "REGISTRY_HTTP_TLS_CERTIFICATE"))
    is_configured = is_mounted(service, "/etc/docker/registry") or is_mounted(service, "/etc/distribution")
    return None if has_own or is_configured or service.command else spider("http://127.0.0.1:5000/")


def _pgadmin(service: Service, image: ImageReference) -> Probe | None:
    port = port_of_variable(service, 80, "PGADMIN_LISTEN_PORT")
    if port is None or is_set(service, "PGADMIN_ENABLE_TLS") or is_set(service, "SCRIPT_NAME"):
        return None
    return spider(f"http://127.0.0.1:{port}/misc/ping" if port != 80 else "http://127.0.0.1/misc/ping")


def _keycloak(service: Service, image: ImageReference) -> Probe | None:
    port = port_of_variable(service, 8080, "KC_HTTP_PORT")
    return None if port is None or "--http-port" in service.command else connects(port)


def _tomcat(service: Service, image: ImageReference) -> Probe | None:
    return None if is_mounted(service, "/usr/local/tomcat/conf") or is_alpine(image) else connects(8080)


def _kibana(service: Service, image: ImageReference) -> Probe | None:
    if is_mounted(service, "/usr/share/kibana/config") or variable(service, "SERVER_SSL_ENABLED") == "true":
        return None
    return ("CMD", "curl", "-sS", "-o", "/dev/null", "http://127.0.0.1:5601/")


SERVERS: tuple[Family, ...] = (
    family(
        "nginx",
        "nginx",
        _nginx,
        scratch="/var/cache/nginx /var/run",
        capabilities="CHOWN NET_BIND_SERVICE SETGID SETUID",
    ),
    family(
        "Apache httpd",
        "httpd",
        _httpd,
        scratch="/usr/local/apache2/logs",
        capabilities="NET_BIND_SERVICE SETGID SETUID",
    ),
    family("Caddy", "caddy", _caddy),
    family("Traefik", "traefik", _traefik, scratch="", capabilities="NET_BIND_SERVICE"),
    family("Kong", "kong kong/kong-gateway", always("CMD", "kong", "health"), "30s"),
    family("Tomcat", "tomcat", _tomcat, "30s"),
    family(
        "MinIO",
        "minio/minio quay.io/minio/minio",
        _minio,
        "10s",
        data=_minio_data,
        file_variables="MINIO_ROOT_USER MINIO_ROOT_PASSWORD",
        scratch="/tmp",
        capabilities="",
    ),
    family("Consul", "consul hashicorp/consul", always("CMD", "consul", "members")),
    family("Vault", "vault hashicorp/vault", _vault, data=_vault_data),
    family("OpenBao", "openbao/openbao quay.io/openbao/openbao", _vault),
    family("Prometheus", "prom/prometheus", _http("http://127.0.0.1:9090/-/healthy"), scratch="", capabilities=""),
    family("Alertmanager", "prom/alertmanager", _http("http://127.0.0.1:9093/-/healthy"), scratch="", capabilities=""),
    family(
        "VictoriaMetrics",
        "victoriametrics/victoria-metrics",
        lambda service, image: None if "httpListenAddr" in service.command else spider("http://127.0.0.1:8428/health"),
    ),
    family(
        "Grafana",
        "grafana/grafana grafana/grafana-oss grafana/grafana-enterprise",
        _grafana,
        "20s",
        file_variables="GF_SECURITY_ADMIN_PASSWORD",
    ),
    family("Jaeger", "jaegertracing/all-in-one", _http("http://127.0.0.1:14269/")),
    family("Docker Registry", "registry", _registry, data=in_folder("/var/lib/registry")),
    family("WordPress", "wordpress", _apache_php(""), "30s", file_variables="WORDPRESS_DB_PASSWORD WORDPRESS_DB_USER"),
    family(
        "Nextcloud",
        "nextcloud",
        _apache_php("status.php"),
        "60s",
        data=in_folder("/var/www/html"),
        file_variables="NEXTCLOUD_ADMIN_PASSWORD MYSQL_PASSWORD POSTGRES_PASSWORD REDIS_HOST_PASSWORD",
    ),
    family("phpMyAdmin", "phpmyadmin phpmyadmin/phpmyadmin", _apache_php(""), file_variables="PMA_PASSWORD"),
    family("pgAdmin", "dpage/pgadmin4", _pgadmin, "30s"),
    family("Adminer", "adminer", lambda service, image: spider("http://127.0.0.1:8080/")),
    family(
        "Gitea",
        "gitea/gitea docker.gitea.com/gitea",
        lambda service, image: (
            None
            if is_set(service, "GITEA__server__HTTP_PORT") or is_set(service, "GITEA__server__PROTOCOL")
            else curl("http://127.0.0.1:3000/api/healthz")
        ),
        "30s",
        data=lambda service, image: "/var/lib/gitea" if "rootless" in (image.tag or "") else "/data",
        file_variables="GITEA__database__PASSWD",
    ),
    family("Keycloak", "quay.io/keycloak/keycloak keycloak/keycloak", _keycloak, "60s"),
    family(
        "Kibana",
        "kibana docker.elastic.co/kibana/kibana elastic/kibana",
        _kibana,
        "60s",
    ),
    family(
        "Jenkins",
        "jenkins/jenkins",
        lambda service, image: curl("http://127.0.0.1:8080/login") if not is_set(service, "JENKINS_OPTS") else None,
        "60s",
        data=in_folder("/var/jenkins_home"),
    ),
)
