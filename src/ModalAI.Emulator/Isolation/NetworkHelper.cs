using System.ComponentModel;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>
/// A process that makes sockets in the networks of sandboxes for an emulator that is not root: only from within the user namespace that owns them may
/// anybody go there, and a process with threads, as this one is, cannot.
/// </summary>
internal sealed class NetworkHelper : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly DescriptorChannel _channel;
    private readonly HostCommand _command;

    public NetworkHelper(int holderProcess)
    {
        if (!File.Exists(HostTools.Perl))
        {
            throw new IsolationUnavailableException("Reaching into the network of a sandbox needs perl where the emulator is not root, and this computer lacks it.");
        }

        var (joinNumber, sendNumber) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => ("308", "46"),
            Architecture.Arm64 => ("268", "211"),
            var other => throw new PlatformNotSupportedException($"Sandboxes on this computer need an x64 or Arm64 processor; this is {other}."),
        };
        _channel = new DescriptorChannel(AnswerLimit);
        _command = HostCommand.Start(
            [
                HostTools.Nsenter, $"--user=/proc/{holderProcess.ToString(CultureInfo.InvariantCulture)}/ns/user", "--preserve-credentials", "--",
                HostTools.Perl, "-e", ScriptText.Sockets, joinNumber, sendNumber,
            ],
            _channel.Child);
        _channel.Child.Dispose();
    }

    /// <exception cref="Win32Exception">The helper is gone, or does not answer.</exception>
    /// <exception cref="IOException">The kernel refused; the message is the helper's.</exception>
    public async Task<Socket> OpenSocketAsync(int init, SocketType type, ProtocolType protocol, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Not cancelled between question and answer: the next answer would be another's.
            return await Task.Run(() => Ask(init, type, protocol), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _channel.Dispose();
        _command.Process.KillGroup();
        _command.Dispose();
    }

    private Socket Ask(int init, SocketType type, ProtocolType protocol)
    {
        _channel.Send(string.Create(CultureInfo.InvariantCulture, $"{init} {(int)type} {(int)protocol}"));
        var (text, descriptor) = _channel.Receive();
        return descriptor >= 0
            ? new Socket(new SafeSocketHandle(descriptor, ownsHandle: true))
            : throw new IOException($"No socket could be made in a sandbox's network: {(text.Length > 0 ? text : "the helper has ended")}");
    }
}
