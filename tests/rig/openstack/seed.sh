#!/bin/bash
# seed.sh [--exact]: the tenants that everyone finds; see seed.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"; . ./env.sh
exec "$DC_OSC/bin/python" seed.py "$@"
