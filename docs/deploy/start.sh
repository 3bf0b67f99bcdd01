#!/bin/sh
# How the container starts: "serve" brings the database to the program's schema, looks whether all is as it must be,
# and serves; any other command is run as it is.
set -eu

[ $# -gt 0 ] || set -- serve
if [ "$1" = serve ]; then
    newscrawl db upgrade
    newscrawl doctor --offline
fi
exec newscrawl "$@"
