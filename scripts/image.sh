#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the image of deploy/Containerfile on a Debian 12 that debootstrap makes here, so that nothing comes from a registry of images.
#   scripts/image.sh [--binary FILE] [--tag NAME] [--target STAGE]
#   --binary FILE  the binary to put in, below this folder (default: build/release/bin/spud, which scripts/build.sh makes);
#                  none: it is built in the image, which takes as long as any build
#   --tag NAME     default: localhost/spud:VERSION
#   --target STAGE only so far as this stage of the file, with a --tag of its own: tools has what compiles spud (with --binary none)
# Needs buildah, podman, runc and debootstrap (apt-get install --no-install-recommends …) and root. The base is kept as an image,
# localhost/debian:bookworm; remove that to make it anew. STORAGE_DRIVER is heeded as buildah and podman do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(scripts/version.sh)
binary=build/release/bin/spud tag= target=()
while (($# > 0)); do
  case $1 in
    --binary) binary=${2:?--binary needs a file, or none} && shift ;;
    --tag) tag=${2:?--tag needs a name} && shift ;;
    --target) target=(--target "${2:?--target needs a stage}") && shift ;;
    -h | --help) sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" && exit 0 ;;
    *) echo "image: unknown argument '$1'; see scripts/image.sh --help" >&2 && exit 2 ;;
  esac
  shift
done

die() { echo "image: $*" >&2 && exit 1; }

# A stage is no image to run, and must not stand where one was.
[[ ${#target[@]} == 0 || -n $tag ]] || die "--target needs a --tag of its own"
tag=${tag:-localhost/spud:$version}
missing=()
for tool in buildah podman runc debootstrap; do command -v "$tool" >/dev/null || missing+=("$tool"); done
((${#missing[@]} == 0)) || die "not installed: apt-get install --no-install-recommends ${missing[*]}"
((EUID == 0)) || die "debootstrap has to be run as root"
[[ $binary == none ]] && binary=''
[[ -z $binary || -x $binary ]] || die "$binary is missing: run scripts/build.sh"

# As root in a container of its own kind, a machine may let nobody make control groups or namespaces for builds: chroot needs neither.
build=(buildah build --isolation chroot --network host --layers --pull-never)
# Packages come the way that this machine's apt takes.
build+=(--volume /etc/apt/apt.conf.d:/etc/apt/apt.conf.d:ro)

base=localhost/debian:bookworm
if ! podman image exists "$base"; then
  echo "image: making $base"
  mkdir -p build
  root=$(mktemp -d build/debootstrap.XXXXXX)
  trap 'rm -rf "$root"' EXIT
  debootstrap --variant=minbase bookworm "$root" >build/debootstrap.log || die "debootstrap failed: build/debootstrap.log"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  tar --numeric-owner -C "$root" -c . | podman import --quiet - "$base" >/dev/null
fi

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
# Labels that only this machine knows: which base it was, by its digest, and where the sources are from, without anybody's password.
labels=(--label "org.opencontainers.image.base.digest=$(podman image inspect --format '{{.Digest}}' "$base")")
source=$(git config --get remote.origin.url 2>/dev/null | sed -nE 's,^(https?|ssh|git)://([^/]*@)?,\1://,p') || source=''
[[ -z $source ]] || labels+=(--label "org.opencontainers.image.source=$source")
"${build[@]}" --file deploy/Containerfile --build-arg "BASE=$base" --build-arg "PREBUILT=$binary" --build-arg "VERSION=$version" \
  --build-arg "REVISION=$revision" "${labels[@]}" "${target[@]}" --tag "$tag" .
echo "image: $tag"
