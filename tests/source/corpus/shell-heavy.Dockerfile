FROM buildpack-deps:bookworm
RUN set -eux; \
    savedAptMark="$(apt-mark showmanual)"; \
    case "$(uname -m)" in \
      x86_64|amd64) arch=amd64 ;; \
      aarch64) arch=arm64 ;; \
      *) echo >&2 "unknown: $(uname -m)"; exit 1 ;; \
    esac; \
    wget -O app.tgz "https://dl.example.org/app-$arch.tgz" --progress=dot:giga; \
    echo "0123456789abcdef *app.tgz" | sha256sum --check --strict -; \
    mkdir -p /usr/src/app && tar -xzf app.tgz -C /usr/src/app --strip-components=1; \
    cd /usr/src/app; ./configure --prefix=/usr/local; make -j "$(nproc)"; \
    find /usr/local -depth \( -type d -a -name test \) -exec rm -rf '{}' +; \
    apt-mark auto '.*' > /dev/null; \
    [ -z "$savedAptMark" ] || apt-mark manual $savedAptMark; \
    ldd /usr/local/bin/app \
      | awk '/=>/ { print $(NF-1) }' \
      | sort -u \
      | xargs -r dpkg-query --search 2>/dev/null \
      | cut -d: -f1 | xargs -r apt-mark manual; \
    apt-get purge -y --auto-remove
RUN sudo -E env DEBIAN_FRONTEND=noninteractive nice -n 10 apt-get install -y vim & wait
RUN sh -c "echo \"inner\" && cat /etc/hosts" && bash -euo pipefail -c 'yes | head -1'
RUN ["/bin/bash", "-c", "echo no shell form"]
CMD exec app --listen "$HOST:${PORT:-80}" >> /var/log/app.log 2>&1
