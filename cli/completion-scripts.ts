// Each script asks `hawser __complete`, so it stays the same when commands and options change.

/** As Bash 3.2 has it, which macOS brings. `$1` is the name by which the command was called. */
const BASH = `# Completion of hawser for Bash: source <(hawser completion bash)
_hawser() {
  local line="\${COMP_LINE:0:COMP_POINT}" cur out candidate
  local -a words
  read -ra words <<<"$line"
  case "$line" in *[[:space:]]) words+=("") ;; esac
  cur="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  out="$("$1" __complete "\${words[@]:1}" 2>/dev/null)" || return 0
  while IFS=$'\\t' read -r candidate _; do
    case "$candidate" in ""|:[0-9]) continue ;; esac
    # Bash takes what is after = as a word of its own.
    case "$cur$COMP_WORDBREAKS" in *=*=*) candidate="\${candidate#*=}" ;; esac
    COMPREPLY+=("$candidate")
  done <<<"$out"
  if [ "\${out##*:}" = 0 ]; then
    compopt -o filenames 2>/dev/null
    while read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "\${cur##*=}")
  fi
}
complete -F _hawser hawser kubectl-hawser
`;

const ZSH = `#compdef hawser kubectl-hawser
# Completion of hawser for Zsh: source <(hawser completion zsh), or this as a file _hawser in a folder of $fpath
_hawser() {
  local -a lines candidates
  local line
  lines=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    [[ "$line" == :[0-9] || -z "$line" ]] && continue
    if [[ "$line" == *$'\\t'* ]]; then
      candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    else
      candidates+=("\${line//:/\\\\:}")
    fi
  done
  (( \${#candidates} )) && _describe -t hawser hawser candidates
  if [[ "\${lines[-1]}" == :0 ]]; then compset -P '*='; _files; fi
}
if [ "\${funcstack[1]}" = _hawser ]; then _hawser "$@"; else compdef _hawser hawser kubectl-hawser; fi
`;

const FISH = `# Completion of hawser for fish: hawser completion fish | source
function __hawser_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l lines ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
  string match --invert --regex '^:[0-9]$' -- $lines
  if test "$lines[-1]" = ":0"
    __fish_complete_path (string replace --regex '^--[^=]*=' '' -- "$current")
  end
end
complete --command hawser --no-files --arguments '(__hawser_complete)'
complete --command kubectl-hawser --no-files --arguments '(__hawser_complete)'
`;

/** kubectl calls it with the words after `kubectl hawser`. */
const KUBECTL = `#!/bin/sh
# Completion of kubectl hawser: a file kubectl_complete-hawser in a folder of $PATH, executable
exec kubectl-hawser __complete "$@"
`;

/** What `hawser completion SHELL` prints. */
export const completionScripts: ReadonlyMap<string, string> = new Map([
  ["bash", BASH],
  ["zsh", ZSH],
  ["fish", FISH],
  ["kubectl", KUBECTL],
]);
