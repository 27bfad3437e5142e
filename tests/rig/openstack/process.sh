# Sourced by up.sh and down.sh: the processes that up.sh records as "pid start-time" in $RUN/NAME.pid, each the leader of a session.
starttime() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
alive() { # NAME: the recorded process still is the one recorded, and no zombie
  [[ -f $RUN/$1.pid ]] || return 1
  local pid st; read -r pid st < "$RUN/$1.pid" || return 1
  [[ -n ${st:-} && $(starttime "$pid") == "$st" && $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) != Z* ]]
}
# reap PID: what a leader that died left behind. The kernel gives no new process the number of a session that still has members; the
# command line is asked too, so that nothing foreign is ever ended.
reap() {
  local stat pid rest f
  for stat in /proc/[0-9]*/stat; do
    { read -r rest < "$stat"; } 2>/dev/null || continue
    pid=${rest%% *}; read -r -a f <<< "${rest##*) }"
    [[ ${f[3]} == "$1" && $pid != "$1" ]] || continue
    if tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -qF -e "$DC_STATE/" -e "$DC_VENV/" -e "$DC_ETC/"; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}
