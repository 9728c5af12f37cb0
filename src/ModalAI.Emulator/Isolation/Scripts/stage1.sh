# PID 1 of a new sandbox, with the computer's file system and the rights of the outer user namespace.
# $1 directory of the sandbox   $2 host pid that holds the sandboxes' user namespace   $3 text of stage 2   $4 "blocked", "guarded" or "shared" network
# $5 option for nsenter, or nothing
cd "$1" || exit
# /proc is still the computer's own: this is our pid as the emulator sees it.
read -r pid _ </proc/self/stat
{ echo modal >/proc/sys/kernel/hostname; } 2>/dev/null || hostname modal
if [ "$4" != shared ]; then
    # A small Debian has neither of the first two, but always Perl: SIOCSIFFLAGS with IFF_UP and IFF_RUNNING.
    ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null ||
        perl -e '$lo = pack("a16 s x22", "lo", 0x41); socket(S, 2, 2, 0) && ioctl(S, 0x8914, $lo) or exit 1' || exit
    # The network is not the sandbox's own to rule, so its root would be refused the ports below 1024.
    { echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start; } 2>/dev/null || :
fi
if [ "$4" = guarded ]; then
    # Every address is reached through loopback, where rules will lead to the gateway. Programs want an address that is not loopback's:
    # 192.0.0.8 is set aside for such use (RFC 7600).
    ip address add 192.0.0.8/32 dev lo && ip route add default dev lo src 192.0.0.8 || exit
fi
# The newer way of mounting takes at most 255 bytes of an option, which many layers exceed.
LIBMOUNT_FORCE_MOUNT2=always mount -a -T fstab || exit
# What is mounted until here is locked for the next, less privileged, mount namespace.
exec nsenter "--user=/proc/$2/ns/user" $5 -- unshare -m sh -c "$3" stage2 "$pid"
