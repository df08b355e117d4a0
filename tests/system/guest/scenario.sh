# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The words that scenarios are written in. Every failure ends the scenario and says what was
# expected, and what was found.

manager='org.oomguard1 /org/oomguard1 org.oomguard1.Manager'
rules=/etc/oom-guardd/rules.d

# Runs a scenario's file from a clean state to a clean state.
run() {
    [ "$STAGE" != 0 ] || clean
    trap 'leave $?' EXIT
    set -E
    trap '[ "$BASH_SUBSHELL" != 0 ] || {
        trap - ERR
        echo "FAILED: line $LINENO of ${BASH_SOURCE[0]}: $BASH_COMMAND"
    }' ERR
    # shellcheck disable=SC1090
    . "$1"
}

leave() { # STATUS
    set +eE
    [ "$1" = 0 ] || tell_what_was
    clean
}

tell_what_was() {
    journalctl --boot --no-pager --lines=40 --output=short-monotonic --unit=oom-guardd
    journalctl --boot --no-pager --lines=40 --output=short-monotonic --priority=notice
    cat /proc/pressure/memory
    ps -e --format=pid,ppid,stat,pcpu,rss,comm --sort=-pcpu | head -n 15
}

# No rules of a scenario, no units of a scenario, no guard.
clean() {
    mkdir -p "$rules"
    rm -f "$rules"/*.yaml
    guard_off
    clean_units
}

clean_units() {
    systemctl kill --signal=KILL 'try-*.service' 2>/dev/null || true
    systemctl stop 'try-*.service' 2>/dev/null || true
    systemctl reset-failed 'try-*.service' 2>/dev/null || true
}

say() { echo "-- $*"; }

fail() {
    echo "FAILED: $*"
    exit 1
}

# must_be WHAT EXPECTED FOUND
must_be() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}

# eventually SECONDS COMMAND [ARGUMENT ...]: until the command succeeds.
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "not in time: $*"
        sleep 0.1
    done
}

# A line for docs/measurements.md.
figure() { echo "#### figure: $1 | $2"; }

guard_installed() { [ -x /usr/sbin/oom-guardd ]; }

# apt ARGUMENT ...: quiet, unless it fails.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" \
        </dev/null >/run/apt.log 2>&1 || { cat /run/apt.log; fail "apt-get $*"; }
}

the_package() { echo /srv/scenarios/packages/current/*.deb; }

guard_on() {
    guard_installed || apt install "$(the_package)"
    systemctl start oom-guardd
}

# As if the guard had never been there: every score is given back.
guard_off() {
    ! guard_installed || {
        systemctl stop oom-guardd
        oom-guardd --restore >/dev/null
    }
}

guard_installed_and_off() {
    guard_installed || apt install "$(the_package)"
    guard_off
}

guard_pid() { systemctl show --property=MainPID --value oom-guardd; }

property() { busctl get-property $manager "$1" | cut -d ' ' -f 2-; }

# rule NAME: puts the file on standard input in place, and waits until it is in force.
rule() {
    cat >"$rules/$1.yaml"
    ! systemctl --quiet is-active oom-guardd || systemctl reload oom-guardd
}

# unit NAME [PROPERTY=VALUE ...] -- PROGRAM [ARGUMENT ...]: starts a unit try-NAME; returns once
# the program runs (Type=exec) or, with Type=notify, is ready. Fails if it ended before.
unit() {
    local name=try-$1 properties=(--property=Type=exec)
    shift
    while [ "$1" != -- ]; do
        properties+=("--property=$1")
        shift
    done
    shift
    systemd-run --quiet --collect --unit="$name" "${properties[@]}" "$@"
}

# The same for a program that takes memory: returns once it has it.
memory_unit() {
    local name=$1
    shift
    unit "$name" Type=notify TimeoutStartSec=infinity CollectMode=inactive "$@"
}

# named PROGRAM: a copy of the actor, called so.
named() {
    [ -e "/usr/local/bin/$1" ] || cp /usr/local/bin/actor "/usr/local/bin/$1"
    echo "/usr/local/bin/$1"
}

unit_pid() { systemctl show --property=MainPID --value "try-$1"; }

score() { cat "/proc/$1/oom_score_adj"; }

has_score() { [ "$(score "$1" 2>/dev/null)" = "$2" ]; }

# must_have_score WHAT PID SCORE: within half a minute. Times are long here, because the machine is
# emulated and may be one of several.
must_have_score() {
    local end=$((SECONDS + 30))
    until has_score "$2" "$3"; do
        [ "$SECONDS" -lt "$end" ] || must_be "oom_score_adj of $1 ($2)" "$3" "$(score "$2" 2>&1)"
        sleep 0.05
    done
}

# How a memory unit fared: "active", or "oom-kill" or another result.
fate() {
    local state
    state=$(systemctl show --property=ActiveState --value "try-$1")
    if [ "$state" = active ]; then echo active; else systemctl show --property=Result --value "try-$1"; fi
}

free_mebibytes() { echo $(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024)); }

# Restarts the machine; the scenario goes on with the next STAGE.
restart_machine() {
    echo $((STAGE + 1)) >"$state/$name.stage"
    sync
    trap - EXIT
    systemctl reboot
    sleep infinity
}
