# bash completion of trainyard. What can stand where is known to the tool itself: it is asked at each TAB.

_trainyard() {
  local tool=$1 answer otherwise i
  COMPREPLY=()
  [[ $tool == "~/"* ]] && tool=$HOME/${tool#"~/"}
  answer=$("$tool" internal-complete "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null) || return 0
  mapfile -t COMPREPLY <<<"$answer"
  otherwise=${COMPREPLY[0]}
  COMPREPLY=("${COMPREPLY[@]:1}")
  for i in "${!COMPREPLY[@]}"; do
    printf -v "COMPREPLY[i]" %q "${COMPREPLY[i]}"
  done
  # Without words, bash completes names of files itself: it knows how to quote them.
  case $otherwise in
    files) ;;
    folders) compopt -o dirnames +o default +o bashdefault ;;
    *) compopt +o default +o bashdefault ;;
  esac 2>/dev/null
  return 0
}

complete -o bashdefault -o default -F _trainyard trainyard
