using System.Globalization;
using System.Net;
using ModalAI.Protocol;

namespace ModalAI;

/// <summary>How Modal finds out that a sandbox is ready (message <c>Probe</c>): it tries again and again until that succeeds. <see cref="ModalSandbox.WaitUntilReadyAsync"/> waits for it.</summary>
public sealed class ModalProbe
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMilliseconds(100);

    private readonly int _port;
    private readonly string[] _command;
    private readonly TimeSpan _interval;

    private ModalProbe(int port, string[] command, TimeSpan? interval)
    {
        _port = port;
        _command = command;
        _interval = interval ?? DefaultInterval;
        if (_interval < TimeSpan.FromMilliseconds(1) || _interval.TotalMilliseconds > uint.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(interval), interval, "The time between two tries must be a millisecond at least, and 49 days at most.");
        }
    }

    /// <summary>Ready when something listens on a port.</summary>
    /// <param name="port">1 to 65535.</param>
    /// <param name="interval">Time between two tries, in whole milliseconds; null for 100 ms.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no port, or the time is too short.</exception>
    public static ModalProbe Tcp(int port, TimeSpan? interval = null) => port is < 1 or > IPEndPoint.MaxPort
        ? throw new ArgumentOutOfRangeException(nameof(port), port, "A port is a number from 1 to 65535.")
        : new ModalProbe(port, [], interval);

    /// <summary>Ready when a command ends with exit code 0.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="interval">Time between two tries, in whole milliseconds; null for 100 ms.</param>
    /// <exception cref="ArgumentException">The command is empty, or the time is too short.</exception>
    public static ModalProbe Exec(IEnumerable<string> command, TimeSpan? interval = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        string[] copy = [.. command];
        return copy.Length == 0 || copy.Any(static argument => argument is null) || copy[0].Length == 0
            ? throw new ArgumentException("A probe's command needs a program, and no argument may be null.", nameof(command))
            : new ModalProbe(0, copy, interval);
    }

    /// <inheritdoc/>
    public override string ToString() => _port > 0 ? string.Create(CultureInfo.InvariantCulture, $"port {_port}") : string.Join(' ', _command);

    internal Probe ToProto()
    {
        var probe = new Probe { IntervalMs = (uint)_interval.TotalMilliseconds };
        if (_port > 0)
        {
            probe.TcpPort = (uint)_port;
        }
        else
        {
            probe.ExecCommand = new Probe.Types.ExecCommand { Argv = { _command } };
        }

        return probe;
    }
}
