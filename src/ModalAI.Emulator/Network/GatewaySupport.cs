using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Network;

/// <summary>Whether this computer can guard networks, found out once by guarding one.</summary>
internal sealed class GatewaySupport
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Lazy<Task<string?>> _problem = new(FindProblemAsync);

    /// <summary>What is in the way; null when nothing is.</summary>
    public Task<string?> Problem => _problem.Value;

    private static async Task<string?> FindProblemAsync()
    {
        if (HostTools.FindMissingForNetworks() is { Count: > 0 } missing)
        {
            return $"this computer lacks {string.Join(" and ", missing)} (Debian's packages nftables and iproute2)";
        }

        using var limit = new CancellationTokenSource(Limit);
        try
        {
            string[] user = Libc.EffectiveUserId() == 0 ? [] : ["-U", "-r"];
            var rules = GatewayRules.Write(new NetworkPolicy([System.Net.IPNetwork.Parse("192.0.2.0/24")], []), 1, 1);
            var (exitCode, output) = await HostCommand.RunAsync(
                [HostTools.Unshare, .. user, "-n", "--", HostTools.Shell, "-c", "ip link set lo up && printf %s \"$1\" | nft -f -", "probe", rules], limit.Token)
                .ConfigureAwait(false);
            return exitCode == 0 ? null : $"nft does not work here: {output.Trim()}";
        }
        catch (Exception e) when (e is OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            return $"nft could not be tried: {e.Message}";
        }
    }
}
