#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the site of docs/, with a search box, into build/site. Open build/site/index.html: it needs no server and asks nobody for anything.
#   scripts/site.sh            a link that leads nowhere, or a page that is in no menu, fails it
#   scripts/site.sh --serve    and serves it at http://127.0.0.1:8000, built anew with every change
# Needs Python (python/requirements-docs.txt is installed into build/venv-docs) and, once, npm for two scripts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mermaid_version=11.17.2
mermaid_digest=581ed7d74bd9048d0e3a91363927d72ef22942d7722546b27f7cc29e35390eb8
worker_version=1.0.4
worker_digest=e8e412dbcfea9b7e31b5ffa288d7b6035915e714c542f4176a0cdbe262fc9609

case ${1:-} in
  "") command=build ;;
  --serve) command=serve ;;
  *) echo "usage: scripts/site.sh [--serve]" >&2 && exit 2 ;;
esac

from_npm() {  # PACKAGE VERSION FILE DIGEST: a file of a package, into build/site-tools; nothing it depends on, and no script of it runs
  local file=build/site-tools/$1-$2.js unpacked
  [[ ! -f $file ]] || return 0
  command -v npm >/dev/null || { echo "site: npm is missing: apt-get install --no-install-recommends npm" >&2 && exit 1; }
  unpacked=$(mktemp -d)
  mkdir -p build/site-tools
  npm pack --silent --pack-destination "$unpacked" "$1@$2" >/dev/null
  tar --extract --gzip --file "$unpacked/$1-$2.tgz" --directory "$unpacked" "package/$3"
  echo "$4  $unpacked/package/$3" | sha256sum --check --quiet
  mv "$unpacked/package/$3" "$file"
  rm -rf "$unpacked"
}

from_npm mermaid "$mermaid_version" dist/mermaid.min.js "$mermaid_digest"
from_npm iframe-worker "$worker_version" shim/index.js "$worker_digest"
export SPUD_MERMAID=$PWD/build/site-tools/mermaid-$mermaid_version.js SPUD_IFRAME_WORKER=$PWD/build/site-tools/iframe-worker-$worker_version.js

scripts/venv.sh docs
# The theme's makers announce their next program with every build unless asked not to.
export NO_MKDOCS_2_WARNING=1
if [[ $command == serve ]]; then echo "site: http://127.0.0.1:8000"; fi
# Not --quiet: it hides warnings from the count that makes them errors.
build/venv-docs/bin/python -m mkdocs "$command" --config-file deploy/site/mkdocs.yml 2> >(grep -v "^INFO" >&2)
[[ $command == serve ]] || echo "site: build/site/index.html"
