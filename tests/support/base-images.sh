#!/bin/sh
# Stand-ins for the images the Dockerfile starts from, made of Debian packages, for a machine that reaches no image
# registry but has buildah: with them tests/runtime/container.test.ts builds the image for real. Run as root:
#
#     apt-get install -y buildah debootstrap && sh tests/support/base-images.sh
#
# They hold what the real ones hold as far as the Dockerfile uses it: Debian, and Debian with Node and npm.
set -eu
cd "$(dirname "$0")/../.."
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

debootstrap --variant=minbase bookworm "$tree" http://deb.debian.org/debian
# What the official "slim" image leaves out as well.
rm -rf "$tree"/var/cache/apt/* "$tree"/var/lib/apt/lists/* "$tree"/usr/share/doc/* "$tree"/usr/share/locale/* \
  "$tree"/usr/share/man/*

debian=$(buildah from scratch)
buildah add -q "$debian" "$tree" /
buildah config --cmd '["bash"]' "$debian"
buildah commit -q --rm "$debian" docker.io/library/debian:bookworm-slim

node=$(buildah from docker.io/library/debian:bookworm-slim)
buildah copy -q "$node" node_modules/node-linux-*/bin/node /usr/local/bin/
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
buildah copy -q "$node" "$npm" /usr/local/lib/node_modules/npm
buildah run --isolation chroot "$node" ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
# This machine may reach the npm registry only through a proxy with an authority of its own.
buildah copy -q "$node" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --cmd '["node"]' "$node"
buildah commit -q --rm "$node" docker.io/library/node:24-bookworm-slim
