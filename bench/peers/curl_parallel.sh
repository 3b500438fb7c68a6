#!/bin/sh
# The curl program over ready-made URLs, many at once: no job file, no judging, no results.
#
# usage: curl_parallel.sh CONFIG IN_FLIGHT        CONFIG: a url and an output for each call
exec curl --silent --show-error --globoff --parallel --parallel-immediate --parallel-max "$2" \
    --request DELETE --header "Authorization: Zoho-oauthtoken $ZOHO_ACCESS_TOKEN" --config "$1"
