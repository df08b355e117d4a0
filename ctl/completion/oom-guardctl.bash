# SPDX-License-Identifier: MIT
# Completion of oom-guardctl(1) for bash.

# The words of a kind that the running daemon knows; nothing without one. Spaces are escaped.
__oom_guardctl_words() {
    oom-guardctl complete-words "$1" 2>/dev/null | cut -f 1 | while IFS= read -r word; do
        printf '%q\n' "$word"
    done
}

# Fills COMPREPLY with the lines that begin with the current word.
__oom_guardctl_reply() {
    local line
    while IFS= read -r line; do
        [[ $line == "$cur"* ]] && COMPREPLY+=("$line")
    done
}

_oom_guardctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word index
    local global='-h --help --version -H --host --json --no-pager --no-legend'
    local -A options=(
        [status]=''
        [list]='--rule --user --state --sort'
        [rules]='--idle'
        [explain]='--all'
        [rank]='-n --lines --cgroup --if --config --rules'
        [kills]='--since --killer'
        [check]='--config --no-processes'
        [test]='--alone --config --rules'
        [watch]='--rule --pid'
        [top]='-d --delay'
        [hold]='--tree'
        [release]=''
        [run]='--adj'
        [reload]=''
        [rescan]=''
        [edit]='--config --rules'
    )
    COMPREPLY=()
    for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ -z $command && -n $word && -n ${options[$word]+there} ]]; then
            command=$word
        elif [[ $command == run && $word != -* && ${COMP_WORDS[index - 1]} != --adj ]]; then
            _command_offset "$index" 2>/dev/null
            return
        fi
    done

    case $previous in
        -H | --host) mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur") ; return ;;
        --rule) __oom_guardctl_reply < <(__oom_guardctl_words rules) ; return ;;
        --user) __oom_guardctl_reply < <(__oom_guardctl_words users) ; return ;;
        --state) mapfile -t COMPREPLY < <(compgen -W 'held drifting refused dry-run' -- "$cur") ; return ;;
        --sort) mapfile -t COMPREPLY < <(compgen -W 'pid name user rule original wanted current state memory' -- "$cur") ; return ;;
        --since) mapfile -t COMPREPLY < <(compgen -W 'today yesterday 1h 1d 1week' -- "$cur") ; return ;;
        --killer) mapfile -t COMPREPLY < <(compgen -W 'kernel systemd-oomd earlyoom nohang unknown' -- "$cur") ; return ;;
        --pid) __oom_guardctl_reply < <(__oom_guardctl_words held) ; return ;;
        --if | --config) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ; return ;;
        --rules) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ; return ;;
        --cgroup | -n | --lines | -d | --delay | --adj) return ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$global ${command:+${options[$command]}}" -- "$cur")
        return
    fi
    case $command in
        '') mapfile -t COMPREPLY < <(compgen -W "${!options[*]}" -- "$cur") ;;
        explain | hold) __oom_guardctl_reply < <(__oom_guardctl_words processes) ;;
        release) __oom_guardctl_reply < <(__oom_guardctl_words held) ;;
        check | test) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        edit) __oom_guardctl_reply < <(cd /etc/oom-guardd/rules.d 2>/dev/null && compgen -G '*.yaml') ;;
        run) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
    esac
}
complete -F _oom_guardctl oom-guardctl
