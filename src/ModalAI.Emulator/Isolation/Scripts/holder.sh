# PID 1 of the namespace in which all sandboxes of one emulator are nested: when it ends, the kernel ends them all.
# Its standard input is a pipe from the emulator, so it ends when the emulator does, for whatever reason.
# $@ options that make a user namespace: one for the sandboxes, and one with the owners of files for idmapped mounts
for name in user owners; do
    unshare "$@" sh -c 'read -r pid _ </proc/self/stat && echo "PID $1 $pid" && exec sleep infinity >/dev/null 2>&1' sh $name || echo "PID failed 0" &
done
# /proc is the computer's own here, so this is the pid by which the emulator knows this process.
read -r pid _ </proc/self/stat && echo "PID holder $pid"
# Ignored SIGCHLD lets the kernel reap orphans.
exec env --ignore-signal=CHLD cat >/dev/null 2>&1
