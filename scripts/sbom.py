#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bill of materials of an image: the binary, what was compiled into it, and Debian's packages that lie beside it. SPDX 2.3, as JSON.

    scripts/sbom.py --binary FILE --dpkg-status FILE [--compiled-in "PACKAGE…" --build-status FILE] [--version V] [--out FILE]

The same input gives the same output: the time is that of SOURCE_DATE_EPOCH, or of the binary. Needs no package.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

UNKNOWN = "NOASSERTION"


def stanzas(text):
    """The fields of each installed package of a dpkg status file."""
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            yield fields


def debian_package(fields, distribution):
    name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
    # A plus and a colon have meanings in such an address.
    quoted = version.replace("%", "%25").replace("+", "%2B").replace(":", "%3A")
    url = f"pkg:deb/debian/{name.replace('+', '%2B')}@{quoted}?arch={architecture}&distro={distribution}"
    return {
        "SPDXID": "SPDXRef-deb-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{name}-{architecture}"),
        "name": name,
        "versionInfo": version,
        "supplier": f"Organization: {fields.get('Maintainer', 'Debian').split(' <')[0]}",
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": UNKNOWN,
        "copyrightText": UNKNOWN,
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": url}],
    }


def project_version():
    """What CMakeLists.txt says, as scripts/version.sh does."""
    text = (Path(__file__).resolve().parents[1] / "CMakeLists.txt").read_text()
    return re.search(r"^project\(spud VERSION (\S+) ", text, re.MULTILINE)[1]


def listed(stanzas_of_packages, distribution):
    return sorted((debian_package(fields, distribution) for fields in stanzas_of_packages), key=lambda one: one["SPDXID"])


def related(kind, packages):
    return [{"spdxElementId": "SPDXRef-spud", "relationshipType": kind, "relatedSpdxElement": one["SPDXID"]} for one in packages]


def bill(binary, beside, inside, version, seconds):
    """Of a binary's bytes, and of the packages that lie `beside` it and those whose code is `inside`."""
    digest = hashlib.sha256(binary).hexdigest()
    packages = [*beside, *inside]
    spud = {
        "SPDXID": "SPDXRef-spud",
        "name": "spud",
        "versionInfo": version,
        "primaryPackagePurpose": "APPLICATION",
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": UNKNOWN,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
    }
    content = hashlib.sha256((digest + json.dumps(packages)).encode()).hexdigest()
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"spud-{version}",
        "documentNamespace": f"urn:spud:sbom:{content}",
        "creationInfo": {
            "created": datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: scripts/sbom.py"],
        },
        "packages": [spud, *packages],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-spud"},
            *related("DEPENDS_ON", beside),
            *related("STATIC_LINK", inside),
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--dpkg-status", type=Path, required=True, help="/var/lib/dpkg/status of the image")
    parser.add_argument("--compiled-in", default="", help="packages whose code is in the binary, as scripts/packages.sh --compiled-in prints them")
    parser.add_argument("--build-status", type=Path, help="/var/lib/dpkg/status of where they were compiled in")
    parser.add_argument("--version", default=project_version())
    parser.add_argument("--distribution", default="debian-12")
    parser.add_argument("--out", type=Path, help="standard output if not given")
    options = parser.parse_args()
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or options.binary.stat().st_mtime)
    beside = listed(stanzas(options.dpkg_status.read_text()), options.distribution)
    if not beside:
        print(f"sbom: {options.dpkg_status}: no installed package; expected a status file of dpkg", file=sys.stderr)
        return 2
    names = set(options.compiled_in.split())
    there = stanzas(options.build_status.read_text()) if options.build_status else []
    inside = listed((fields for fields in there if fields["Package"] in names), options.distribution)
    unknown = sorted(names - {one["name"] for one in inside})
    if unknown:
        print(f"sbom: {options.build_status}: {', '.join(unknown)} not installed; expected what is compiled in", file=sys.stderr)
        return 2
    made = bill(options.binary.read_bytes(), beside, inside, options.version, seconds)
    text = json.dumps(made, indent=1) + "\n"
    if options.out:
        options.out.write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
