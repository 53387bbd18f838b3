#!/bin/sh
set -eu
. /usr/local/lib/backup/common.sh
. /etc/backup.conf
log "backup started"
tar -cf "/var/backups/app/etc-$(date +%F).tar" /etc/backup.conf 2>/dev/null
log "kept for ${retention} days"
