# Makes sockets in the networks of sandboxes for an emulator that is not root, in the user namespace that has the right to go there.
# Standard input is a socket of packets: "PID TYPE PROTOCOL" is answered by "ok" with a descriptor, or by what is wrong.
# Arguments: the numbers of the system calls setns and sendmsg
use strict;
my ($setns, $sendmsg) = map { $_ + 0 } @ARGV;
while (defined(my $length = sysread(STDIN, my $request, 256))) {
    last if $length == 0;
    my ($pid, $type, $protocol) = $request =~ /\A(\d+) (\d+) (\d+)\z/ or last;
    my ($answer, $socket, $network) = ("ok");
    if (!open($network, '<', "/proc/$pid/ns/net")) { $answer = "/proc/$pid/ns/net: $!" }
    elsif (syscall($setns, fileno($network), 0x40000000) != 0) { $answer = "setns: $!" }
    elsif (!socket($socket, 2, $type, $protocol)) { $answer = "socket: $!" }
    my $text = $answer;
    my $part = pack('P Q', $text, length $text);
    my $control = $answer eq 'ok' ? pack('Q l l l x4', 20, 1, 1, fileno $socket) : '';
    my $message = pack('Q L x4 P Q P Q l x4', 0, 0, $part, 1, $control, length $control, 0);
    syscall($sendmsg, 0, $message, 0) >= 0 or last;
}
