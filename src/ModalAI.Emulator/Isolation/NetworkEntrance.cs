using System.Globalization;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>The way into the network of one sandbox that has its own: sockets there, and rules for what leaves it.</summary>
internal sealed class NetworkEntrance : IDisposable
{
    private static readonly TimeSpan RulesLimit = TimeSpan.FromSeconds(20);

    private readonly NamespaceHolder _holder;
    private readonly int _init;
    private readonly SafeFileHandle _namespace;

    /// <param name="holder">The namespaces around all sandboxes.</param>
    /// <param name="init">PID 1 of the sandbox, as this computer numbers it.</param>
    public NetworkEntrance(NamespaceHolder holder, int init)
    {
        _holder = holder;
        _init = init;
        _namespace = Descriptor.Open($"/proc/{init}/ns/net", 0);
    }

    /// <summary>Makes an IPv4 socket in the sandbox's network.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public async Task<Socket> OpenSocketAsync(SocketType type, ProtocolType protocol, CancellationToken cancellationToken) =>
        _holder.Tier == IsolationTier.User
            ? await _holder.OpenSocketAsync(_init, type, protocol, cancellationToken).ConfigureAwait(false)
            : NetworkSocket.Open(_namespace, type, protocol);

    /// <summary>Has nft read rules in the sandbox's network.</summary>
    /// <exception cref="IsolationUnavailableException">nft is missing, or refused them.</exception>
    public async Task SetRulesAsync(string rules, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(RulesLimit);
        using var pipe = new ProcessPipe();
        string[] user = _holder.Tier == IsolationTier.User
            ? [$"--user=/proc/{_holder.ProcessId.ToString(CultureInfo.InvariantCulture)}/ns/user", "--preserve-credentials"]
            : [];
        string[] arguments = [HostTools.Nsenter, .. user, $"--net=/proc/{_init.ToString(CultureInfo.InvariantCulture)}/ns/net", "--", HostTools.Nft, "-f", "-"];
        using var command = HostCommand.Start(arguments, pipe.Read);
        pipe.Read.Dispose();
        try
        {
            var writer = new StreamWriter(pipe.TakeWriting());
            await using (writer.ConfigureAwait(false))
            {
                await writer.WriteAsync(rules.AsMemory(), limit.Token).ConfigureAwait(false);
            }

            _ = await command.ReadReportAsync(word: null, limit.Token).ConfigureAwait(false);
            var exitCode = await command.Process.Exit.WaitAsync(limit.Token).ConfigureAwait(false);
            if (exitCode != 0)
            {
                throw new IsolationUnavailableException($"nft did not take the rules of a sandbox's network (exit code {exitCode}): {command.Said}");
            }
        }
        catch (IOException e)
        {
            throw new IsolationUnavailableException($"nft did not read the rules of a sandbox's network: {command.Said}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IsolationUnavailableException($"nft did not end within {RulesLimit.TotalSeconds} seconds.", e);
        }
        finally
        {
            command.Process.KillGroup();
        }
    }

    public void Dispose() => _namespace.Dispose();
}
