log() { echo "[backup] $*" | tee -a /var/log/backup.log; }
