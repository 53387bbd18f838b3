# syntax=docker/dockerfile:1
FROM alpine:3.20
RUN <<EOF
set -eu
apk add --no-cache nginx
# USER nobody
echo "done" > /tmp/state
EOF
RUN <<'PY' python3
import sys
print(sys.version)
PY
RUN <<-"END"
	adduser -D web
		mkdir -p /srv/www
	END
RUN bash -eu <<EOF
curl -fsS https://example.org/install.sh -o /tmp/i.sh
EOF
RUN <<EOF
#!/usr/bin/env python3
print("FROM here no shell reads this")
EOF
RUN cat <<ONE && cat <<TWO
first
ONE
second
TWO
COPY <<nginx.conf <<"mime.types" /etc/nginx/
events {}
USER $NOBODY
nginx.conf
types { text/html html; }
mime.types
COPY --chmod=0755 <<-'SCRIPT' /usr/local/bin/start
	#!/bin/sh
	exec nginx -g 'daemon off;'
	SCRIPT
ADD <<EMPTY /tmp/empty
EMPTY
CMD ["/usr/local/bin/start"]
