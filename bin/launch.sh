# Sourced by the launchers beside it. Finds a Node that can run the engine (type stripping, node:zlib
# zstd: 26 or later), because the `node` of the system may be older. Sets $node or ends the process.

node_major_min=26

# keep_code DIRECTORY: lets Node keep stripped and compiled code in the directory's node_modules, which cuts
# a start by more than half. Where that cannot be written, Node goes without. Never a shared /tmp: what
# lies there is run.
keep_code() {
  export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$1/node_modules/.cache/gophership}"
}

# choose_entry DIRECTORY NAME [build]: sets $entry to the program as `npm run build` made it, or to its
# sources where they are newer and are not built now. From sources each thread of the engine takes 2
# to 7 MiB more, and that much less of memory.limit_mib is left for batches
# (src/memory/arena-needs.ts); a first start, whose code is not kept yet, takes another 7 in each for
# the compiler that strips the types.
choose_entry() {
  entry=$1/dist/$2.js
  [ -e "$entry" ] && is_newest "$1/dist/built" "$1" && return
  if [ "${3:-}" = build ] && [ -d "$1/node_modules/esbuild" ] && [ -w "$1" ]; then
    "$node" "$1/tools/build-engine.ts" >/dev/null 2>&1 && return
  fi
  entry=$1/src/$2.ts
}

# is_newest FILE DIRECTORY: nothing that the engine is made of is newer. True where there are no sources.
is_newest() {
  [ -z "$(find "$2/src" "$2/package-lock.json" -type f ! -name '*.test.ts' -newer "$1" -print -quit 2>/dev/null)" ]
}

# A variable could open the inspector, load foreign code, lift the heap limits or switch certificate
# checks off. These are security and bounds, and they have no switch.
unset NODE_OPTIONS NODE_TLS_REJECT_UNAUTHORIZED NODE_EXTRA_CA_CERTS

# find_node DIRECTORY...: looks for node_modules/.bin/node in each directory and its parents, then on PATH.
find_node() {
  if [ -n "${GOPHERSHIP_NODE:-}" ]; then
    node=$GOPHERSHIP_NODE
    is_recent "$node" && return
    # A Node that somebody chose is never silently replaced by another. 78 is EX_CONFIG.
    give_up 78 "GOPHERSHIP_NODE=$node is ${node_version:-not a Node that runs}, $node_major_min or later is needed"
  fi
  for directory; do
    directory=$(cd "$directory" && pwd -P) || continue
    while :; do
      node=$directory/node_modules/.bin/node
      [ -x "$node" ] && is_recent "$node" && return
      [ -n "$directory" ] || break
      directory=${directory%/*}
    done
  done
  node=node
  is_recent "$node" && return
  # 69 is EX_UNAVAILABLE: a program that this one needs is not there.
  give_up 69 "no Node $node_major_min or later: 'node' on PATH is ${node_version:-missing}" \
    'hint: run "npm install" in the GopherShip folder (it brings its own Node; not with --omit=optional),' \
    '      or install Node 26 or later from https://nodejs.org, or set GOPHERSHIP_NODE to its path'
}

is_recent() {
  node_version=$("$1" --version 2>/dev/null) || node_version=
  major=${node_version#v}
  major=${major%%.*}
  case $major in
    '' | *[!0-9]*) return 1 ;;
  esac
  [ "$major" -ge "$node_major_min" ]
}

give_up() {
  status=$1
  shift
  {
    printf 'error: NODE: %s\n' "$1"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@"
  } >&2
  exit "$status"
}
