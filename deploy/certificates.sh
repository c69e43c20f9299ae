#!/bin/bash
# Makes what PostgreSQL's servers show to Xinwu, which by `sslmode=verify-full` believes no other: a
# certificate for all names that stand in its URL, signed by an authority that is made for this
# alone and whose key is thrown away.
#
#   certificates.sh FOLDER NAME[,NAME...] [USER]
#
#   FOLDER/ca.pem       for Xinwu: ...?sslmode=verify-full&sslrootcert=FOLDER/ca.pem
#   FOLDER/server.pem   for the servers: ssl_cert_file
#   FOLDER/server.key   for the servers: ssl_key_file; USER's (postgres where none is given), 0600
#
# NAME is a host's name or address. Nothing is changed where they are there already; to have others,
# or new ones in the ten years that these are good for, give another folder, let the servers reload,
# and restart Xinwu.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: certificates.sh FOLDER NAME[,NAME...] [USER]" >&2
    exit 2
fi
folder=$1 names=$2 user=${3:-postgres}
if [ -e "$folder/server.pem" ]; then
    openssl verify -CAfile "$folder/ca.pem" "$folder/server.pem" >/dev/null
    echo "$folder has a certificate already, good until $(openssl x509 -noout -enddate -in "$folder/server.pem" | cut -d= -f2)"
    exit 0
fi

known_as=
for name in ${names//,/ }; do
    case $name in
        *:* | [0-9]*.[0-9]*.[0-9]*.*[0-9]) known_as+=,IP:$name ;;
        *) known_as+=,DNS:$name ;;
    esac
done

umask 077
mkdir -p "$folder"
made=$(mktemp -d "$folder/.made-XXXXXX")
trap 'rm -rf "$made"' EXIT
new=(openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -batch)
"${new[@]}" -x509 -days 3650 -subj "/CN=Xinwu, authority of its databases" -keyout "$made/ca.key" -out "$made/ca.pem" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign 2>/dev/null
"${new[@]}" -subj "/CN=${names%%,*}" -keyout "$made/server.key" -out "$made/server.request" 2>/dev/null
openssl x509 -req -days 3650 -in "$made/server.request" -CA "$made/ca.pem" -CAkey "$made/ca.key" -CAcreateserial \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "${known_as#,}") -out "$made/server.pem" 2>/dev/null
openssl verify -CAfile "$made/ca.pem" "$made/server.pem" >/dev/null

chmod 0644 "$made/ca.pem" "$made/server.pem"
chown "$user" "$made/server.key"
chmod 0755 "$folder"
# The certificate is the last: where it stands, all is there.
mv "$made/ca.pem" "$made/server.key" "$folder"
mv "$made/server.pem" "$folder"
