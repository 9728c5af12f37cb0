# PID 1 of a new sandbox, now inside the sandboxes' user namespace, in the directory of the sandbox.
# Only paths below it are used: the directories above it may be closed to this user. No program of the sandbox's root is run.
# $1 host pid of PID 1
{
    # The emulator waits for the end of this process too: its /proc/PID/exe still is a file of the computer's.
    read -r self _ </proc/self/stat
    # PID 1 must be asleep in its last program before the root changes: until then that program still loads libraries by their paths.
    until read -r _ name state _ <m/proc/1/stat && [ "$name $state" = "(sleep) S" ]; do :; done
    # The second mount is an unlocked copy of the locked tree: pivot_root refuses a locked one.
    mount -c --rbind m m && pivot_root m m/dev/shm &&
        ../.tools/ld.so --library-path ../.tools ../.tools/umount -n -l /dev/shm &&
        cd / && echo "READY $1 $self"
} </dev/null &
# pivot_root moves only the working directories that are the old root: one left in the old tree would be a way out.
cd /
# Ignored SIGCHLD lets the kernel reap orphans.
exec env -i --ignore-signal=CHLD sleep infinity </dev/null >/dev/null 2>&1
