#!/bin/sh
# Pins the base images in Dockerfile and compose.yaml by digest: each build and each start then uses the very same ones.
# Needs Docker with buildx, and a network. Run it again for newer images: the tag stays, the digest follows it.
set -eu
cd "$(dirname "$0")/.."

# Takes lines such as "FROM python:3.12-slim-bookworm" and "image: caddy:2", with or without a digest; not what is built here.
images=$(sed -nE 's/^ *(FROM|image:) +([^ @]+:[^ @]+)(@sha256:[0-9a-f]+)? *$/\2/p' Dockerfile compose.yaml | sort -u)
for image in $images; do
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}')
    case $digest in
        sha256:????????????????????????????????????????????????????????????????) ;;
        *) echo "The registry must answer with a digest for $image; got: $digest. Please try again." >&2; exit 1 ;;
    esac
    for file in Dockerfile compose.yaml; do
        sed -E "s,^( *)(FROM|image:)( +)$image(@sha256:[0-9a-f]+)? *\$,\1\2\3$image@$digest," "$file" >"$file.pinned"
        cat "$file.pinned" >"$file" # keeps the file's mode
        rm "$file.pinned"
    done
    echo "$image@$digest"
done
