# SPDX-License-Identifier: MIT
# What zsh offers for a line, one a line:  zsh -f complete.zsh LINE COMPLETION-DIRECTORY FILE
# The line is typed into a shell on a terminal of its own; what that adds to the choices it also
# writes into FILE.
zmodload zsh/zpty zsh/zselect
line=$1 directory=$2 file=$3

# Output that nobody reads would stop the shell.
wait_for() {
    local tries
    for ((tries = 0; tries < 1000; tries++)); do
        grep -q "^$1\$" $file 2>/dev/null && return
        zpty -r shell ignored
        zselect -t 2
    done
    print -r -- "$1 did not come" >&2
    exit 1
}

zpty -b shell 'PS1= TERM=vt100 zsh -f -i'
zpty -w shell "fpath=($directory \$fpath); autoload -Uz compinit; compinit -u -D
compadd() {
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd \"\$@\"; return; fi
    local -a offered
    local one
    builtin compadd -A offered \"\$@\"
    for one in \$offered; do print -r -- \"offer \$one\"; done >> $file
    builtin compadd \"\$@\"
}
complete_and_tell() { zle complete-word; print -r -- told >> $file; }
zle -C complete-word complete-word _main_complete
zle -N complete_and_tell; bindkey '^X' complete_and_tell
print -r -- ready >> $file"
wait_for ready
zpty -w -n shell "$line"$'\x18'
wait_for told
zpty -d shell
sed -n 's/^offer //p' $file
