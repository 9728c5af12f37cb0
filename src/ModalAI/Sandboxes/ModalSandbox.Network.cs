using System.Diagnostics.CodeAnalysis;
using System.Net;
using ModalAI.Configuration;
using ModalAI.Protocol;
using ModalAI.Sandboxes;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI;

public sealed partial class ModalSandbox
{
    private static readonly TimeSpan TunnelTimeout = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(5);

    /// <summary>What an answer may be late beyond the time that Modal was given.</summary>
    private static readonly TimeSpan AnswerGrace = TimeSpan.FromSeconds(20);

    private IReadOnlyDictionary<int, ModalTunnel>? _tunnels;

    private NetworkCalls Network => new(_routerCalls);

    /// <summary>
    /// The tunnels to its ports, by the port inside (RPC SandboxGetTunnels, SandboxGetTunnelsV2). They are remembered, and often known from the sandbox's creation;
    /// that one is here does not mean that something listens inside.
    /// </summary>
    /// <param name="timeout">How long Modal may wait for them; null for 50 seconds.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero.</exception>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.Timeout"/>: there are none within the time, or the sandbox has ended.</exception>
    public async Task<IReadOnlyDictionary<int, ModalTunnel>> GetTunnelsAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        var limit = timeout ?? TunnelTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        if (_tunnels is { } known)
        {
            return known;
        }

        var response = await _calls.GetTunnelsAsync(limit, limit + AnswerGrace, cancellationToken).ConfigureAwait(false);
        return response.Result?.Status == GenericStatus.Timeout
            ? throw new ModalException(
                ModalErrorCode.Timeout,
                $"Sandbox {Id} had no tunnels within {limit}{(response.Result.Exception.Length > 0 ? $": {response.Result.Exception}" : "; it may have ended.")}")
            : _tunnels = TunnelsOf(response.Tunnels);
    }

    /// <summary>Makes a token that opens one of its ports for HTTP requests (RPC SandboxCreateConnectToken, SandboxCreateConnectTokenV2).</summary>
    /// <param name="options">The port and who the token is for; null for port 8080 and nobody.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The port is not 1 to 65535.</exception>
    public async Task<ModalConnectToken> CreateConnectTokenAsync(ModalConnectTokenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        options ??= new ModalConnectTokenOptions();
        if (options.Port is < 1 or > IPEndPoint.MaxPort)
        {
            throw new ArgumentException($"ModalConnectTokenOptions.Port is {options.Port}: a port is a number from 1 to 65535.", nameof(options));
        }

        var response = await _calls.CreateConnectTokenAsync(options, cancellationToken).ConfigureAwait(false);
        return new ModalConnectToken(new Uri(response.Url), response.Token);
    }

    /// <summary>Waits until the probe that it was created with has succeeded (RPC SandboxWaitUntilReady).</summary>
    /// <param name="timeout">How long to wait at most, up to a day; null for 5 minutes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When it was ready.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is not more than zero, or more than a day.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.Timeout"/>: it was not ready in time. <see cref="ModalErrorCode.Conflict"/>: it has no probe, or ended before.
    /// </exception>
    public async Task<DateTimeOffset> WaitUntilReadyAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfDetached();
        var limit = timeout ?? ReadyTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, TimeSpan.FromDays(1), nameof(timeout));
        var response = await TimeLimit.RunAsync(
            token => Network.WaitUntilReadyAsync(limit, token), limit, _client.TimeProvider, $"Sandbox {Id} was not ready", cancellationToken).ConfigureAwait(false);
        return DateTimeOffset.UnixEpoch.AddSeconds(response.ReadyAt);
    }

    /// <summary>
    /// Replaces what the running sandbox may reach (RPC TaskSetNetworkAccess). Connections that are no longer allowed are cut. Two empty lists allow nothing;
    /// <c>0.0.0.0/0</c> allows everything. A sandbox that was created with <see cref="ModalSandboxCreateOptions.BlockNetwork"/> stays blocked.
    /// </summary>
    /// <param name="outboundCidrAllowlist">IPv4 ranges that may be reached.</param>
    /// <param name="outboundDomainAllowlist">Domains that may be reached by TLS on port 443.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.InvalidArgument"/>: an entry is wrong. <see cref="ModalErrorCode.Conflict"/>: its network cannot be changed.
    /// </exception>
    public Task UpdateNetworkPolicyAsync(
        IReadOnlyList<string> outboundCidrAllowlist, IReadOnlyList<string> outboundDomainAllowlist, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(outboundCidrAllowlist);
        ArgumentNullException.ThrowIfNull(outboundDomainAllowlist);
        ThrowIfDetached();
        var errors = new OptionErrors(nameof(UpdateNetworkPolicyAsync));
        SandboxOptionRules.CheckCidrs(errors, nameof(outboundCidrAllowlist), outboundCidrAllowlist);
        SandboxOptionRules.CheckDomains(errors, nameof(outboundDomainAllowlist), outboundDomainAllowlist);
        errors.ThrowIfAny();
        return Network.SetNetworkAccessAsync(SandboxDefinitions.NetworkAccessOf(blockNetwork: false, outboundCidrAllowlist, outboundDomainAllowlist), cancellationToken);
    }

    /// <summary>
    /// Replaces the outbound policy of the running sandbox (RPC TaskSetOutboundPolicy), which must have been created with one
    /// (<see cref="ModalSandboxCreateOptions.OutboundPolicy"/>). Modal may change this.
    /// </summary>
    /// <param name="policy">The whole new policy.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.NotFound"/>: there is no such secret. <see cref="ModalErrorCode.Conflict"/>: it was created without a policy.
    /// </exception>
    [Experimental("MODALAI001")]
    public async Task SetOutboundPolicyAsync(ModalOutboundPolicy policy, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ThrowIfDetached();
        var ids = await _client.Secrets.GetIdsAsync(policy.Secrets, _environment, cancellationToken).ConfigureAwait(false);
        await Network.SetOutboundPolicyAsync(policy.ToProto(ids), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A create reply tells all tunnels or not enough to use any.</summary>
    internal static IReadOnlyDictionary<int, ModalTunnel>? TunnelsOfCreation(IReadOnlyCollection<TunnelData> tunnels, int requested) =>
        tunnels.Count > 0 && tunnels.Count == requested ? TunnelsOf(tunnels) : null;

    private static Dictionary<int, ModalTunnel> TunnelsOf(IEnumerable<TunnelData> tunnels)
    {
        var result = new Dictionary<int, ModalTunnel>();
        foreach (var tunnel in tunnels)
        {
            result[(int)tunnel.ContainerPort] = new ModalTunnel((int)tunnel.ContainerPort, tunnel.Host, (int)tunnel.Port)
            {
                TcpEndPoint = tunnel is { HasUnencryptedHost: true, UnencryptedHost.Length: > 0, HasUnencryptedPort: true }
                    ? new DnsEndPoint(tunnel.UnencryptedHost, (int)tunnel.UnencryptedPort)
                    : null,
            };
        }

        return result;
    }
}
