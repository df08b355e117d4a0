# SPDX-License-Identifier: MIT
# Completion of oom-guardctl(1) for fish.

set -l commands status list rules explain rank kills check test watch top hold release run reload rescan edit

function __oom_guardctl_words
    oom-guardctl complete-words $argv[1] 2>/dev/null
end

complete -c oom-guardctl -f
complete -c oom-guardctl -s h -l help -d 'Print help and exit'
complete -c oom-guardctl -l version -d 'Print the version and exit'
complete -c oom-guardctl -s H -l host -x -a '(__fish_print_hostnames)' -d 'Ask the daemon of another machine, over ssh'
complete -c oom-guardctl -l json -d 'Print JSON, for programs'
complete -c oom-guardctl -l no-pager -d 'Do not pipe long output into a pager'
complete -c oom-guardctl -l no-legend -d 'Print no headings and no summary'

complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a status -d 'Show the state of the daemon'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a list -d 'List the processes that are held'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a rules -d 'List the rules in force'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a explain -d 'Tell why a process is held or not'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a rank -d 'List whom the kernel would kill'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a kills -d 'List who was killed for want of memory'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a check -d 'Check rule files as the daemon would'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a test -d 'List which processes a rule file would hold'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a watch -d 'Show events as they come'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a top -d 'Show the kill order, live'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a hold -d 'Hold one process at a value'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a release -d 'End what hold began'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a run -d 'Run a command that is held with its children'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a reload -d 'Load the files again'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a rescan -d 'Look at every process now'
complete -c oom-guardctl -n "not __fish_seen_subcommand_from $commands" -a edit -d 'Edit a drop-in, and check it'

complete -c oom-guardctl -n '__fish_seen_subcommand_from list' -l rule -x -a '(__oom_guardctl_words rules)' -d 'Only those of this rule'
complete -c oom-guardctl -n '__fish_seen_subcommand_from list' -l user -x -a '(__oom_guardctl_words users)' -d 'Only those of this user'
complete -c oom-guardctl -n '__fish_seen_subcommand_from list' -l state -x -a 'held drifting refused dry-run' -d 'Only those in this state'
complete -c oom-guardctl -n '__fish_seen_subcommand_from list' -l sort -x -a 'pid name user rule original wanted current state memory' -d 'The column to sort by'
complete -c oom-guardctl -n '__fish_seen_subcommand_from rules' -l idle -d 'Only those that hold nothing now'
complete -c oom-guardctl -n '__fish_seen_subcommand_from explain' -l all -d 'Also show the rules for programs of other names'
complete -c oom-guardctl -n '__fish_seen_subcommand_from explain' -a '(__oom_guardctl_words processes)'
complete -c oom-guardctl -n '__fish_seen_subcommand_from rank' -s n -l lines -x -d 'At most so many'
complete -c oom-guardctl -n '__fish_seen_subcommand_from rank' -l cgroup -x -d 'As if this cgroup ran into its limit'
complete -c oom-guardctl -n '__fish_seen_subcommand_from rank' -l if -r -F -d 'As if this rule file were installed'
complete -c oom-guardctl -n '__fish_seen_subcommand_from rank' -l config -r -F -d 'The settings file'
complete -c oom-guardctl -n '__fish_seen_subcommand_from rank' -l rules -x -a '(__fish_complete_directories)' -d 'A rule directory'
complete -c oom-guardctl -n '__fish_seen_subcommand_from kills' -l since -x -a 'today yesterday 1h 1d 1week' -d 'Only since then'
complete -c oom-guardctl -n '__fish_seen_subcommand_from kills' -l killer -x -a 'kernel systemd-oomd earlyoom nohang unknown' -d 'Only by this one'
complete -c oom-guardctl -n '__fish_seen_subcommand_from check' -l no-processes -d 'Do not tell which rules match no process'
complete -c oom-guardctl -n '__fish_seen_subcommand_from check' -l config -r -F -d 'The settings file'
complete -c oom-guardctl -n '__fish_seen_subcommand_from check test' -F
complete -c oom-guardctl -n '__fish_seen_subcommand_from test' -l alone -d 'As if there were no other rules'
complete -c oom-guardctl -n '__fish_seen_subcommand_from test' -l config -r -F -d 'The settings file'
complete -c oom-guardctl -n '__fish_seen_subcommand_from test' -l rules -x -a '(__fish_complete_directories)' -d 'A rule directory'
complete -c oom-guardctl -n '__fish_seen_subcommand_from watch' -l rule -x -a '(__oom_guardctl_words rules)' -d 'Only those of this rule'
complete -c oom-guardctl -n '__fish_seen_subcommand_from watch' -l pid -x -a '(__oom_guardctl_words held)' -d 'Only those about this process'
complete -c oom-guardctl -n '__fish_seen_subcommand_from top' -s d -l delay -x -d 'Seconds between two looks'
complete -c oom-guardctl -n '__fish_seen_subcommand_from hold' -l tree -d 'And all its descendants'
complete -c oom-guardctl -n '__fish_seen_subcommand_from hold' -a '(__oom_guardctl_words processes)'
complete -c oom-guardctl -n '__fish_seen_subcommand_from release' -a '(__oom_guardctl_words held)'
complete -c oom-guardctl -n '__fish_seen_subcommand_from run' -l adj -x -d 'The value to hold it at'
complete -c oom-guardctl -n '__fish_seen_subcommand_from run' -x -a '(__fish_complete_subcommand)'
complete -c oom-guardctl -n '__fish_seen_subcommand_from edit' -l config -r -F -d 'The settings file'
complete -c oom-guardctl -n '__fish_seen_subcommand_from edit' -l rules -x -a '(__fish_complete_directories)' -d 'A rule directory'
complete -c oom-guardctl -n '__fish_seen_subcommand_from edit' -x -a '(path basename /etc/oom-guardd/rules.d/*.yaml 2>/dev/null)'
