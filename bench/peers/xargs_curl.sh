#!/bin/sh
# One curl program for each ready-made URL, many at once: no job file, no judging, no results.
#
# usage: xargs_curl.sh URLS IN_FLIGHT             URLS: one per line
exec xargs -a "$1" -P "$2" -n 1 curl --silent --show-error --globoff --output /dev/null \
    --request DELETE --header "Authorization: Zoho-oauthtoken $ZOHO_ACCESS_TOKEN"
