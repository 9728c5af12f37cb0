# Mounts what is at "m" into a sandbox, or unmounts what was mounted there. Standard input is the sandbox's mount namespace. Once in there only
# system calls are made: nothing of the sandbox is run or loaded. It says "MOUNT" with device and file number, or "FAIL" with a step, an
# error number and its text.
# $1 "mount" or "unmount"   $2 number of setns   $3 number of umount2   $4 O_DIRECTORY   $5 path   unmount: $6 device and file number
use strict;
my ($action, $setns, $umount, $directory, $path, $identity) = @ARGV;

sub answer { syswrite(STDOUT, "$_[0]\n"); exit($_[0] =~ /^FAIL/ ? 1 : 0) }
sub fail { answer("FAIL $_[0] " . ($! + 0) . " $!") }

# Words for errors are loaded now, from this computer.
{ local $! = 2; my $words = "$!"; }

my ($at_current, $close_on_exec, $path_only) = (-100, 0x80000, 0x200000);
my $tree;
if ($action eq "mount") {
    # open_tree: a copy of the mount at "m", and of those below it, that is mounted nowhere.
    $tree = syscall(428, $at_current, my $here = "m", 1 | 0x8000 | $close_on_exec);
    fail("copy") if $tree < 0;
}

# setns
syscall($setns + 0, 0, 0x20000) == 0 or fail("join");

# openat2: as if the sandbox's root were all there is, and not through the links of /proc.
my $how = pack("QQQ", $path_only | $directory | $close_on_exec, 0, 0x02 | 0x10);
my $target = syscall(437, $at_current, $path, $how, length($how));
fail("open") if $target < 0;
open(my $handle, "<&=", $target) or fail("open");
my ($device, $file) = stat($handle) or fail("open");
my ($root_device, $root_file) = stat("/") or fail("open");
answer("FAIL root 0") if $device == $root_device && $file == $root_file;

my $empty = "";
if ($action eq "mount") {
    # move_mount, both ends by descriptor
    syscall(429, $tree, $empty, $target, $empty, 0x04 | 0x40) == 0 or fail("mount");
    open(my $mounted, "<&=", $tree) or fail("mount");
    ($device, $file) = stat($mounted) or fail("mount");
    answer("MOUNT $device:$file");
}

answer("FAIL other 0") if "$device:$file" ne $identity;
chdir($handle) or fail("unmount");
# umount2, lazily: what is open stays open.
syscall($umount + 0, my $current = ".", 2) == 0 or fail("unmount");
answer("MOUNT gone");
