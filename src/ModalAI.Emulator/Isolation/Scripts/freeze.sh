# Copies the writable layers of a sandbox, or a directory in one, that it may be changing. What is mounted below is left out.
# $1 directory to copy   $2 directory to make   $3 seconds in which a copy that something changed meanwhile is made anew
# What is copied belongs to the sandbox. tar opens every name below a directory that it holds, and follows no link: whatever the sandbox
# exchanges meanwhile, nothing of this computer's is read, or written.
limit=$(($(date +%s) + $3))
options="--numeric-owner --xattrs --xattrs-include=*"
set -f
while :; do
    mkdir -m 700 "$2" || exit
    # What changes from here on has a later time, since the next tick of the kernel's clock has come.
    : >"$2.mark"
    sleep 0.02
    # 0: all is well; 1: something changed, or went, while it was read.
    status=$({ { tar -C "$1" --format=posix --one-file-system --sparse $options -cf - .; echo $? >&3; } | tar -C "$2" $options -xpf - >&2; } 3>&1) || exit
    changed=$(find "$1" -xdev -cnewer "$2.mark" -print -quit 2>&1)
    rm "$2.mark"
    if [ "$status" = 0 ] && [ -z "$changed" ]; then exit 0; fi
    if [ "$(date +%s)" -ge "$limit" ]; then
        [ "$status" -le 1 ]
        exit
    fi
    rm -rf "$2"
done
