#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The Debian 12 packages that building and testing spud needs.
#   scripts/packages.sh            prints them, one a line
#   scripts/packages.sh --missing  prints those that are not installed
#   scripts/packages.sh --install  installs those that are not installed, and nothing else
#   scripts/packages.sh --install fuzzing    the same, and what the fuzz targets need
#   scripts/packages.sh --install browser    the same, and the browser that tests look at status pages with
#   scripts/packages.sh --install containers the same, and what building and running images needs
#   scripts/packages.sh --install site       the same, and what building the site and looking at it needs
#   scripts/packages.sh --runtime  prints those that the built binary needs, one a line
#   scripts/packages.sh --compiled-in  prints those whose code is in the binary itself, because they are headers only
# On a system without apt-get: install the equivalents and set SPUD_SKIP_PACKAGES=1, then --install does nothing.
set -euo pipefail

packages=(
  # Compiler and build
  build-essential g++ cmake ninja-build ccache mold pkg-config git
  # Services: actors, wire format, store, TLS, operations port, configuration, command line
  libcaf-dev capnproto libcapnp-dev librocksdb-dev libssl-dev zlib1g-dev
  # prometheus-cpp's CMake config looks for civetweb and curl even when only its registry is used
  prometheus-cpp-dev libcivetweb-dev civetweb libcurl4-openssl-dev
  libcpp-httplib-dev libspdlog-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev libzip-dev
  # Compiler front end and SIMD
  protobuf-compiler libprotobuf-dev
  # Tests and scripts
  libgtest-dev libgmock-dev libbenchmark-dev clang-format-14 python3 python3-venv ca-certificates procps curl iproute2 systemd nftables openssl
)

# What the binary is linked with, and what it reads when it runs. tests/deploy compares with the binary.
runtime=(
  libc6 libgcc-s1 libstdc++6 libcaf-core0.17 libcapnp-0.9.2 librocksdb7.8 libssl3 libprotobuf32 libprometheus-cpp-core1.0
  libcpp-httplib0.11 libfmt9 libyaml-cpp0.7 libzip4
)

# What the binary has in it and no library stands for. tests/deploy compares with what the sources include.
compiled_in=(libspdlog-dev libcli11-dev nlohmann-json3-dev)

case ${2:-} in
  "") ;;
  fuzzing) packages+=(clang-19 libclang-rt-19-dev) ;;
  # An npm that is there need not be Debian's.
  site) packages+=(chromium) && { command -v npm >/dev/null || packages+=(npm); } ;;
  browser) packages+=(chromium fonts-dejavu-core) ;;
  # The last: containers of one network find each other by name.
  containers) packages+=(buildah podman runc debootstrap podman-compose golang-github-containernetworking-plugin-dnsname) ;;
  *) echo "packages: unknown group '$2': fuzzing, browser, containers or site" >&2 && exit 2 ;;
esac

missing_packages() {
  local package state
  for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
    [[ $state == installed ]] || printf '%s\n' "$package"
  done
}

install_missing() {
  if [[ ${SPUD_SKIP_PACKAGES:-} == 1 ]]; then
    echo "packages: SPUD_SKIP_PACKAGES=1, taken as installed"
    return 0
  fi
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    {
      echo "packages: this system has no apt-get. spud is built and tested on Debian 12; either use such a machine or"
      echo "  container, or install the equivalents of the following and run again with SPUD_SKIP_PACKAGES=1:"
      printf '    %s\n' "${packages[@]}"
    } >&2
    return 1
  fi
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    echo "packages: all ${#packages[@]} are installed"
    return 0
  fi
  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "packages: not root and no sudo. As root, run: apt-get install --no-install-recommends ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  if [[ $(. /etc/os-release && echo "${ID:-}${VERSION_ID:-}") != debian12 ]]; then
    echo "packages: this is not Debian 12, names or versions may differ; going on"
  fi
  echo "packages: installing ${#missing[@]} of ${#packages[@]} with apt-get: ${missing[*]}"
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

case ${1:-} in
  "") printf '%s\n' "${packages[@]}" ;;
  --runtime) printf '%s\n' "${runtime[@]}" ;;
  --compiled-in) printf '%s\n' "${compiled_in[@]}" ;;
  --missing) missing_packages ;;
  --install) install_missing ;;
  *)
    echo "usage: scripts/packages.sh [--missing | --runtime | --compiled-in | --install [fuzzing | browser | containers | site]]" >&2
    exit 2
    ;;
esac
