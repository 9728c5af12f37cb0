using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>The control plane's calls on one sandbox, by the backend that its id tells.</summary>
internal sealed class SandboxCalls(string sandboxId, ControlPlane controlPlane)
{
    private const int WaitSeconds = 10;
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(WaitSeconds + 20);

    public bool IsV2 { get; } = SandboxId.IsV2(sandboxId);

    /// <summary>The state now, or after Modal has waited a while for its end (RPC SandboxWait, SandboxWaitV2).</summary>
    public Task<SandboxWaitResponse> WaitAsync(bool longPoll, CancellationToken cancellationToken)
    {
        var request = new SandboxWaitRequest { SandboxId = sandboxId, Timeout = longPoll ? WaitSeconds : 0 };
        return IsV2
            ? controlPlane.CallAsync("SandboxWaitV2", static (stub, request, options) => stub.SandboxWaitV2Async(request, options), request, WaitTimeout, cancellationToken)
            : controlPlane.CallAsync("SandboxWait", static (stub, request, options) => stub.SandboxWaitAsync(request, options), request, WaitTimeout, cancellationToken);
    }

    /// <summary>Ends the sandbox; nothing happens to one that has ended (RPC SandboxTerminate, SandboxTerminateV2).</summary>
    public Task TerminateAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var request = new SandboxTerminateRequest { SandboxId = sandboxId };
        return IsV2
            ? controlPlane.CallAsync("SandboxTerminateV2", static (stub, request, options) => stub.SandboxTerminateV2Async(request, options), request, timeout, cancellationToken)
            : controlPlane.CallAsync("SandboxTerminate", static (stub, request, options) => stub.SandboxTerminateAsync(request, options), request, timeout, cancellationToken);
    }

    /// <summary>RPC SandboxGetTunnels, SandboxGetTunnelsV2.</summary>
    public Task<SandboxGetTunnelsResponse> GetTunnelsAsync(TimeSpan wait, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var request = new SandboxGetTunnelsRequest { SandboxId = sandboxId, Timeout = (float)wait.TotalSeconds };
        return IsV2
            ? controlPlane.CallAsync("SandboxGetTunnelsV2", static (stub, request, options) => stub.SandboxGetTunnelsV2Async(request, options), request, timeout, cancellationToken)
            : controlPlane.CallAsync("SandboxGetTunnels", static (stub, request, options) => stub.SandboxGetTunnelsAsync(request, options), request, timeout, cancellationToken);
    }

    /// <summary>RPC SandboxCreateConnectToken, SandboxCreateConnectTokenV2.</summary>
    public Task<SandboxCreateConnectTokenResponse> CreateConnectTokenAsync(ModalConnectTokenOptions options, CancellationToken cancellationToken)
    {
        var request = new SandboxCreateConnectTokenRequest { SandboxId = sandboxId, UserMetadata = options.UserMetadata ?? "", Port = (uint)options.Port };
        return IsV2
            ? controlPlane.CallAsync(
                "SandboxCreateConnectTokenV2", static (stub, request, options) => stub.SandboxCreateConnectTokenV2Async(request, options), request, cancellationToken)
            : controlPlane.CallAsync(
                "SandboxCreateConnectToken", static (stub, request, options) => stub.SandboxCreateConnectTokenAsync(request, options), request, cancellationToken);
    }

    /// <summary>RPC SandboxTagsGet, SandboxTagsGetV2.</summary>
    public async Task<IReadOnlyDictionary<string, string>> GetTagsAsync(CancellationToken cancellationToken)
    {
        var request = new SandboxTagsGetRequest { SandboxId = sandboxId };
        var response = IsV2
            ? await controlPlane.CallAsync("SandboxTagsGetV2", static (stub, request, options) => stub.SandboxTagsGetV2Async(request, options), request, cancellationToken).ConfigureAwait(false)
            : await controlPlane.CallAsync("SandboxTagsGet", static (stub, request, options) => stub.SandboxTagsGetAsync(request, options), request, cancellationToken).ConfigureAwait(false);
        return response.Tags.ToDictionary(static tag => tag.TagName, static tag => tag.TagValue, StringComparer.Ordinal);
    }

    /// <summary>RPC SandboxTagsSet, which wants the environment too, or SandboxTagsSetV2.</summary>
    public Task SetTagsAsync(IReadOnlyDictionary<string, string> tags, string environment, CancellationToken cancellationToken)
    {
        var request = new SandboxTagsSetRequest { SandboxId = sandboxId, EnvironmentName = IsV2 ? "" : environment };
        request.Tags.AddRange(SandboxDefinitions.TagsOf(tags));
        return IsV2
            ? controlPlane.CallAsync("SandboxTagsSetV2", static (stub, request, options) => stub.SandboxTagsSetV2Async(request, options), request, cancellationToken)
            : controlPlane.CallAsync("SandboxTagsSet", static (stub, request, options) => stub.SandboxTagsSetAsync(request, options), request, cancellationToken);
    }
}
