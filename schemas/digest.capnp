# SPDX-License-Identifier: Apache-2.0
@0xd6a1f6c5b9a0e001;
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("spud::schema");

# A SHA-256 digest. Always 32 bytes; any other length is refused by the codec.
struct Digest {
  bytes @0 :Data;
}
