#!/bin/sh
# Plugins for all APIs; run once after a new installation.
set -eu
admin=http://127.0.0.1:8001

curl -fsS "$admin/plugins" -d name=bot-detection -d config.whitelist='(monitor|healthcheck)'
curl -fsS "$admin/plugins" -d name=correlation-id
