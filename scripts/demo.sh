#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Two hospitals train one model on data that neither shows: a whole spud on this machine, from building it to the result.
#   scripts/demo.sh [--stock N [--then wait|live]] [--containers] [--observe] [--keep] [--port-base N] [--dir DIR] [--no-build]
# Starts a scheduler, a dealer (carol) and two compute nodes (alice, bob), each a party of its own with its own
# certificate authority; hospital-a and hospital-b are the data providers. Only hospital-a may receive the model.
#   --stock N      makes N tapes ahead, before there is any data, and trains N times from them, the dealer stopped meanwhile
#   --then HOW     what the training after those does, when the ledger is empty: wait (the default) or live
#   --containers   services run in containers (podman) of the image that scripts/image.sh builds, with a read-only root, as a user
#                  without rights; IMAGE names another
#   --observe      a Prometheus (Debian's) watches them with the rules of the chart; what it saw is printed, and drawn
#   --keep         leaves the services up and prints commands to try
#   --port-base N  takes the ports N to N+8 instead of free ones
#   --dir DIR      keys, configuration, data and logs go there (default: build/demo); an earlier demo there is removed
#   --no-build     takes build/release/bin/spud and .venv as they are
# SPUD in the environment names another binary than build/release/bin/spud.
# Exit code 0 if the model agrees with training in plain JAX and hospital-b was refused it.
set -euo pipefail
called_from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."

keep=no build=yes containers=no observe=no port_base='' dir=build/demo stock=0 then=wait
while (($# > 0)); do
  case $1 in
    --keep) keep=yes ;;
    --containers) containers=yes ;;
    --observe) observe=yes ;;
    --stock) stock=${2:?--stock needs a number} && shift ;;
    --then) then=${2:?--then needs wait or live} && shift ;;
    --no-build) build=no ;;
    --port-base) port_base=${2:?--port-base needs a number} && shift ;;
    --dir) dir=$(cd "$called_from" && realpath -m "${2:?--dir needs a folder}") && shift ;;
    -h | --help) sed -n '3,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" && exit 0 ;;
    *) echo "demo: unknown argument '$1'; see scripts/demo.sh --help" >&2 && exit 2 ;;
  esac
  shift
done
if [[ -n $port_base && ! $port_base =~ ^[1-9][0-9]{3,4}$ ]]; then
  echo "demo: --port-base $port_base: expected a port from 1000 to 65527" >&2
  exit 2
fi

if [[ ! $stock =~ ^[0-9]{1,2}$ ]]; then echo "demo: --stock $stock: expected a number from 1 to 99" >&2 && exit 2; fi
if [[ $then != wait && $then != live ]]; then echo "demo: --then $then: expected wait or live" >&2 && exit 2; fi

example=examples/breast_cancer
step=0
say() { printf '\n\033[1m%d. %s\033[0m\n' "$((++step))" "$1"; }
die() { echo "demo: $*" >&2 && exit 1; }

# ---------------------------------------------------------------- services: started here, stopped here
declare -A pids=() ready_ports=() ready_paths=()

start() {  # NAME KIND READY_PORT
  local command=("$spud")
  if [[ $containers == yes ]]; then contained "$1"; fi
  "${command[@]}" "$2" --config "$dir/config/$1.yaml" >"$dir/logs/$1.log" 2>&1 &
  pids[$1]=$!
  ready_ports[$1]=$3
}

observe() {  # READY_PORT: a Prometheus, stopped with the services
  "$prometheus" --config.file="$dir/config/prometheus.yaml" --storage.tsdb.path="$dir/store/prometheus" \
    --web.listen-address="127.0.0.1:$1" >"$dir/logs/prometheus.log" 2>&1 &
  pids[prometheus]=$!
  ready_ports[prometheus]=$1
  ready_paths[prometheus]=/-/ready
}

contained() {  # NAME: sets `command`; signals and the exit code pass through podman
  local user=10001:10001 more=()
  mkdir -p "$dir/store/$1"
  if ((EUID == 0)); then
    chown -R "$user" "$dir/keys" "$dir/store/$1"
  else
    user=$(id -u):$(id -g) more=(--userns keep-id)
  fi
  command=(podman run --rm --name "spud-demo-$$-$1" --network host --read-only --cap-drop all --security-opt no-new-privileges
    --user "$user" "${more[@]}" --volume "$dir/config:$dir/config:ro" --volume "$dir/keys:$dir/keys:ro"
    --volume "$dir/store/$1:$dir/store/$1" "$image")
}

wait_ready() {  # every service answers /readyz within the deadline
  local deadline=$((SECONDS + 60)) name url
  for name in "${!pids[@]}"; do
    url=http://127.0.0.1:${ready_ports[$name]}${ready_paths[$name]:-/readyz}
    until curl --silent --noproxy '*' --fail --max-time 2 --output /dev/null "$url"; do
      if ! kill -0 "${pids[$name]}" 2>/dev/null; then
        tail -n 20 "$dir/logs/$name.log" >&2
        die "$name ended before it was ready; its log is $dir/logs/$name.log"
      fi
      if ((SECONDS >= deadline)); then
        curl --silent --noproxy '*' --max-time 2 "$url" >&2 || true
        die "$name was not ready within 60 s; its log is $dir/logs/$name.log"
      fi
      sleep 0.1
    done
  done
}

stop_services() {
  local name code failed=0
  ((${#pids[@]} > 0)) || return 0
  kill -TERM "${pids[@]}" 2>/dev/null || true
  local deadline=$((SECONDS + 15))
  for name in "${!pids[@]}"; do
    while kill -0 "${pids[$name]}" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
    if kill -KILL "${pids[$name]}" 2>/dev/null; then
      echo "demo: $name did not drain within 15 s and was killed" >&2
      # That was podman itself: what it ran goes on without it.
      [[ $containers == no ]] || podman rm --force --ignore "spud-demo-$$-$name" >/dev/null
    fi
    code=0
    wait "${pids[$name]}" || code=$?
    if ((code != 0)); then
      echo "demo: $name ended with exit code $code; its log is $dir/logs/$name.log" >&2
      failed=1
    fi
  done
  pids=()
  return "$failed"
}

on_exit() {
  local code=$?
  trap - EXIT INT TERM
  if [[ $keep == yes && $code == 0 ]]; then exit 0; fi
  stop_services || code=$((code == 0 ? 1 : code))
  exit "$code"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---------------------------------------------------------------- small tools
# Runs a client verb as PARTY and notes how long it took under NAME.
as() {  # PARTY spud-arguments…
  local party=$1
  shift
  SPUD_CONTEXT=$dir/config/$party.yaml "$spud" "$@"
}

timed() {  # NAME command…
  local name=$1 begin=$EPOCHREALTIME
  shift
  "$@"
  python3 -c 'import sys; print(sys.argv[1], float(sys.argv[3]) - float(sys.argv[2]))' \
    "$name" "${begin/,/.}" "${EPOCHREALTIME/,/.}" >>"$dir/seconds.txt"
}

pick_ports() {  # COUNT: free ports of the loopback interface, all held open at once while picking
  if [[ -n $port_base ]]; then
    seq "$port_base" "$((port_base + $1 - 1))"
  else
    python3 -c '
import socket, sys
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(one.getsockname()[1] for one in held), sep="\n")' "$1"
  fi
}

seen() {  # WHAT EXPRESSION [LEAST]: what Prometheus answers, which must be LEAST (1) or more; it may be a scrape late
  local value=0 least=${3:-1} deadline=$((SECONDS + 30))
  until ((${value%.*} >= least)); do
    ((SECONDS < deadline)) || die "Prometheus saw too little of: $1 ($value, expected $least or more)"
    value=$(curl --silent --noproxy '*' --fail --max-time 5 --get --data-urlencode "query=$2" "http://127.0.0.1:${ready_ports[prometheus]}/api/v1/query" |
      python3 -c 'import json, sys; rows = json.load(sys.stdin)["data"]["result"]; print(format(float(rows[0]["value"][1]), ".0f") if rows else 0)') || value=0
    ((${value%.*} >= least)) || sleep 0.2
  done
  printf '%-36s %s\n' "$1" "$value"
}

render() {  # TEMPLATE OUT NAME=VALUE…: fills in @NAME@
  local template=$1 out=$2 text pair
  shift 2
  text=$(<"$example/config/$template")
  for pair in "DIR=$dir" "$@"; do text=${text//"@${pair%%=*}@"/"${pair#*=}"}; done
  if [[ $text =~ @[A-Z_]+@ ]]; then die "$template: nothing fills in ${BASH_REMATCH[0]}"; fi
  printf '%s\n' "$text" >"$out"
}

# ---------------------------------------------------------------- the demo
if [[ $build == yes ]]; then
  say "Install, build, prepare Python"
  scripts/packages.sh --install
  scripts/build.sh release
  scripts/venv.sh
  if [[ $containers == yes && -z ${IMAGE:-} ]]; then scripts/image.sh; fi
  if [[ $observe == yes ]]; then scripts/from_debian.sh prometheus usr/bin/prometheus usr/bin/promtool; fi
fi
image=${IMAGE:-localhost/spud:$(scripts/version.sh)}
spud=${SPUD:-$PWD/build/release/bin/spud}
python=$PWD/.venv/bin/python
prometheus=$PWD/build/tools/bin/prometheus
[[ -x $spud ]] || die "$spud is missing: run scripts/build.sh"
[[ -x $python ]] || die "$python is missing: run scripts/venv.sh"
if [[ $observe == yes && ! -x $prometheus ]]; then
  die "$prometheus is missing: run scripts/from_debian.sh prometheus usr/bin/prometheus usr/bin/promtool"
fi
if [[ $containers == yes ]]; then
  command -v podman >/dev/null || die "podman is not installed: apt-get install --no-install-recommends podman runc"
  podman image exists "$image" || die "there is no image $image: run scripts/image.sh"
fi

if [[ -e $dir && ! -e $dir/.spud-demo ]]; then die "$dir exists and is no earlier demo: name another folder by --dir"; fi
rm -rf "$dir"
mkdir -p "$dir"/{keys,config,logs,hospitals,program,result,store}
dir=$(realpath "$dir")
touch "$dir/.spud-demo"

mapfile -t ports < <(pick_ports 9)
((${#ports[@]} == 9)) || die "no free ports"

say "Keys: one certificate authority a party, one certificate a process"
for party in operator alice bob carol hospital-a hospital-b; do
  "$spud" keys ca --party "$party" --out "$dir/keys/$party"
done
issue() {  # PARTY ROLE NAME
  "$spud" keys issue --ca "$dir/keys/$1" --role "$2" --name "$3" --out "$dir/keys/$1/$3"
}
issue operator scheduler scheduler
issue alice compute alice
issue bob compute bob
issue carol dealer carol
issue hospital-a client hospital-a
issue hospital-b client hospital-b
for node in alice bob; do "$spud" keys stock --out "$dir/keys/$node/$node/stock.key"; done
"$spud" keys bundle --out "$dir/keys/bundle" "$dir"/keys/{operator,alice,bob,carol,hospital-a,hospital-b}

say "Services: scheduler, dealer carol, nodes alice and bob"
render scheduler.yaml "$dir/config/scheduler.yaml" "PORT=${ports[0]}" "HTTP_PORT=${ports[1]}"
render dealer.yaml "$dir/config/carol.yaml" "PORT=${ports[2]}" "HTTP_PORT=${ports[3]}" "SCHEDULER_PORT=${ports[0]}"
render node.yaml "$dir/config/alice.yaml" NAME=alice "PORT=${ports[4]}" "HTTP_PORT=${ports[5]}" "SCHEDULER_PORT=${ports[0]}"
render node.yaml "$dir/config/bob.yaml" NAME=bob "PORT=${ports[6]}" "HTTP_PORT=${ports[7]}" "SCHEDULER_PORT=${ports[0]}"
for hospital in hospital-a hospital-b; do
  render context.yaml "$dir/config/$hospital.yaml" "NAME=$hospital" "SCHEDULER_PORT=${ports[0]}"
done
start scheduler scheduler "${ports[1]}"
start carol dealer "${ports[3]}"
start alice node "${ports[5]}"
start bob node "${ports[7]}"
if [[ $observe == yes ]]; then
  render prometheus.yaml "$dir/config/prometheus.yaml" "RULES=$PWD/helm/spud/rules/spud.yaml" "SCHEDULER_PORT=${ports[1]}" \
    "CAROL_PORT=${ports[3]}" "ALICE_PORT=${ports[5]}" "BOB_PORT=${ports[7]}"
  observe "${ports[8]}"
fi
wait_ready
observed_since=$SECONDS
echo "ready: ${!pids[*]}"

say "Device: alice and bob compute, carol deals; both hospitals pin its digest"
as hospital-a device create demo --protocol semi2k --nodes alice,bob --dealer carol
as hospital-b device show demo --pin | tail -n 1
as hospital-a device show demo --pin | tail -n 1

say "Program: traced from plain JAX, no data needed"
"$python" "$example/train.py" --out "$dir/program"
program=$dir/program/program.hlo.pb
digest=$(sha256sum "$program" | cut -d ' ' -f 1)
as hospital-a program push "$program" --device demo
echo "program $digest"

if ((stock > 0)); then
  say "Stock: $stock tapes, made ahead: nobody has brought any data yet"
  timed make-stock as hospital-a stock make "$program" --device demo --meta "$dir/program/meta.json" --runs "$stock"
  as hospital-a stock list --device demo
fi

say "Data: each hospital pushes shares of its own columns, under a policy for this program and hospital-a only"
"$python" "$example/prepare_data.py" --out "$dir/hospitals"
render policy.yaml "$dir/config/policy.yaml" "PROGRAM=$digest" "USES=$((stock + 1))"
measured_b=$(head -n 1 "$dir/hospitals/hospital-b/train.csv" | cut -d , -f 2-16)
push() {  # PARTY DATASET COLUMNS
  as "$1" push "$2" "$dir/hospitals/$1/train.csv" --device demo --id-column id --columns "$3" --dtype f32 \
    --policy "$dir/config/policy.yaml"
}
timed push-xa push hospital-a xa "$(head -n 1 "$dir/hospitals/hospital-a/train.csv" | cut -d , -f 2-)"
timed push-xb push hospital-b xb "$measured_b"
timed push-y push hospital-b y diagnosis

train() {  # JOB more arguments of spud run…
  local id=$1
  shift
  as hospital-a run "$program" --device demo --in in0=xa --in in1=xb --in in2=y --out out0=hospital-a --id "$id" "$@"
}

job=breast-cancer
if ((stock == 0)); then
  say "Run: the weights go to hospital-a"
  timed run train "$job" --wait
else
  say "Run $stock times from stock, while the dealer is away: the weights go to hospital-a"
  kill -TERM "${pids[carol]}"
  wait "${pids[carol]}" || die "carol did not end cleanly; its log is $dir/logs/carol.log"
  unset "pids[carol]"
  timed run train "$job" --supply stock --wait
  for ((i = 2; i <= stock; ++i)); do train "$job-$i" --supply stock --wait; done

  say "The ledger: every tape has served once"
  as hospital-a stock list --device demo
  start carol dealer "${ready_ports[carol]}"
  wait_ready

  next=$job-$((stock + 1))
  if [[ $then == live ]]; then
    say "Run once more: there is no tape, so the dealer deals live"
    train "$next" --supply any --wait
    as hospital-a job show "$next"
  else
    say "Run once more, from stock only: there is no tape, so the job waits"
    train "$next" --supply stock
    until as hospital-a job show "$next" | tee "$dir/logs/waiting.txt" | grep -q 'waits:'; do
      grep -qE 'queued|running' "$dir/logs/waiting.txt" || die "$next did not wait: $(<"$dir/logs/waiting.txt")"
      sleep 0.2
    done
    cat "$dir/logs/waiting.txt"
    as hospital-a job cancel "$next"
  fi
fi

say "Fetch: hospital-a gets the weights"
timed fetch as hospital-a fetch "$job" --out "$dir/result"

say "Fetch by hospital-b, which the policy does not name: must be refused"
code=0
as hospital-b fetch "$job" --out "$dir/result-b" >"$dir/logs/refused.log" 2>&1 || code=$?
cat "$dir/logs/refused.log"
((code == 1)) || die "hospital-b's fetch ended with exit code $code, expected 1"
[[ -s $dir/logs/refused.log ]] || die "hospital-b was refused without a reason"
if compgen -G "$dir/result-b/*.npy" >/dev/null; then die "hospital-b was refused and got a file all the same"; fi
echo "refused, as it should be"

say "Check against training in plain JAX"
"$python" "$example/check.py" --data "$dir/hospitals" --weights "$dir/result/out0.npy" --report "$dir/result/check.json"

if [[ $observe == yes ]]; then
  say "What Prometheus saw"
  seen "services that answer" 'sum(up{job="spud"})' 4
  seen "jobs that are done" 'sum(spud_jobs_total{outcome="done"})'
  seen "rounds at both nodes" 'sum(spud_rounds_total)'
  seen "bytes that alice and bob sent" 'sum(spud_sent_bytes_total{instance=~"alice|bob"})'
  seen "bytes that carol dealt" 'sum(spud_dealt_tape_bytes_total)'
  scripts/dashboard_page.py --prometheus "http://127.0.0.1:${ports[8]}" --seconds "$((SECONDS - observed_since + 1))" --out "$dir/result/dashboard.svg"
  echo "the dashboard's main panels: $dir/result/dashboard.svg"
fi

say "Summary"
as hospital-a job show "$job" --json >"$dir/result/job.json"
"$python" "$example/summary.py" --job "$dir/result/job.json" --check "$dir/result/check.json" --seconds "$dir/seconds.txt"
for name in "${!ready_ports[@]}"; do
  curl --silent --noproxy '*' --fail --max-time 5 --output "$dir/logs/$name.metrics" \
    "http://127.0.0.1:${ready_ports[$name]}/metrics" || die "$name does not serve its metrics"
done
printf '\nlogs and metrics of each service: %s/logs/NAME.{log,metrics}\n' "$dir"

if [[ $keep == yes ]]; then
  cat <<KEPT

The services stay up; they serve /metrics, /readyz and a status page at
$(for name in "${!ready_ports[@]}"; do echo "  http://127.0.0.1:${ready_ports[$name]}/  ($name)"; done)
To try:
  export SPUD_CONTEXT=$dir/config/hospital-a.yaml
  $spud device show demo
  $spud data list
  $spud job show $job
  $spud top
  $spud plan $program --meta $dir/program/meta.json
To stop them:
  kill ${pids[@]}
KEPT
fi
