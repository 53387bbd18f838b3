#!/bin/sh
set -eu
echo "<!doctype html>"
sed 's|.*|<p>&</p>|' "$1"
