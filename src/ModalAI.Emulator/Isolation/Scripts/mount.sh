# Puts an image together, where nobody else sees it, and mounts it into a running sandbox. Its standard input is the sandbox's mount namespace.
# $1 directory of the image's mount   $2 text of the second half, in Perl   $@ the rest: its arguments
cd "$1" || exit
text=$2
shift 2
if [ -e like ]; then chmod --reference=like/ up/root && chown --reference=like/ up/root || exit; fi
mount -a -T fstab </dev/null || exit
exec perl -e "$text" "$@"
