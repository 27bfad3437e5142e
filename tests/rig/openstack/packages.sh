#!/bin/bash
# What OpenStack needs from Debian: installed where missing. Says what to type where that takes a right we do not have.
set -euo pipefail
need=()
for c in mariadbd:mariadb-server mariadb:mariadb-client /usr/lib/rabbitmq/bin/rabbitmq-server:rabbitmq-server memcached:memcached epmd:erlang-base openssl:openssl gcc:build-essential; do
  [[ -x ${c%%:*} || -x /usr/sbin/${c%%:*} || -x /usr/bin/${c%%:*} ]] || command -v "${c%%:*}" > /dev/null || need+=("${c##*:}")
done
(( ${#need[@]} )) || exit 0
command -v apt-get > /dev/null || { echo "missing, and this is no Debian to install them on: ${need[*]} (under the names that your system gives them)"; exit 1; }
[[ $(id -u) == 0 ]] || { echo "missing, and only root may install them: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${need[*]}"; exit 1; }
echo "installing ${need[*]}"
apt-get update -qq
# Debian starts what it installs; these run under the rig instead.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; trap 'rm -f "$policy"' EXIT; fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}"
