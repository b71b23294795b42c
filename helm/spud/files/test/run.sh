#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What `helm test` runs: asks the scheduler who is registered and, where DEVICE is named, runs a small job on it: bitwise AND,
# OR, XOR and NOT of two secret vectors, whose results are exact and must be those beside this script.
#   SPUD_CONTEXT   the client's context
#   EXPECT         an identity that must be registered; empty: any answer will do
#   DEVICE DIGEST  a device, and the digest that the parties agreed on
#   PARTY          whose client this is: it owns the data and receives the results
#   SCRATCH        a folder to write to
set -eu
here=$(dirname "$0")

echo "asking the scheduler who is registered"
# Not into a pipe: sh would forget that it failed.
spud device nodes >"$SCRATCH/nodes.txt"
cat "$SCRATCH/nodes.txt"
if [ -n "${EXPECT:-}" ]; then
  if ! grep -qF " $EXPECT " "$SCRATCH/nodes.txt"; then
    echo "$EXPECT is not registered" >&2
    exit 1
  fi
  if grep -F " $EXPECT " "$SCRATCH/nodes.txt" | grep -qE 'not heard of|, absent|, gone'; then
    echo "$EXPECT is registered, and the scheduler does not hear of it" >&2
    exit 1
  fi
fi
if [ -z "${DEVICE:-}" ]; then
  echo "no device is named: no job"
  exit 0
fi

# A second run, or another pod's, has names of its own.
name=helm-test-$(date +%s)-$$
spud device pin "$DEVICE" --digest "$DIGEST"
drop() {
  spud data drop "$name-in0" --device "$DEVICE" || true
  spud data drop "$name-in1" --device "$DEVICE" || true
}
trap drop EXIT
spud program push "$here/bitwise.hlo.pb" --device "$DEVICE"
spud push "$name-in0" "$here/in0.npy" --device "$DEVICE"
spud push "$name-in1" "$here/in1.npy" --device "$DEVICE"
spud run "$here/bitwise.hlo.pb" --device "$DEVICE" --id "$name" --deadline 5m --wait \
  --in "in0=$name-in0" --in "in1=$name-in1" \
  --out "out0=$PARTY" --out "out1=$PARTY" --out "out2=$PARTY" --out "out3=$PARTY"
spud fetch "$name" --out "$SCRATCH/$name"
for out in out0 out1 out2 out3; do
  cmp "$here/$out.npy" "$SCRATCH/$name/$out.npy"
done
echo "the results are right"
