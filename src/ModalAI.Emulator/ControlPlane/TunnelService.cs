using System.Net;
using System.Text;
using ModalAI.Emulator.Network;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>The ways into sandboxes: tunnels and connect tokens.</summary>
internal sealed class TunnelService(SandboxRegistry registry, ConnectServer server)
{
    private const uint DefaultPort = 8080;
    private const int MaxUserData = 8 * 1024;

    public void Register(RpcService service)
    {
        foreach (var (backend, suffix) in new[] { (SandboxBackend.V1, ""), (SandboxBackend.V2, "V2") })
        {
            service.Unary(
                $"SandboxGetTunnels{suffix}",
                (SandboxGetTunnelsRequest request, RpcContext _) => Task.FromResult(GetTunnels(registry.Find(request.SandboxId, backend))));
            service.Unary(
                $"SandboxCreateConnectToken{suffix}",
                (SandboxCreateConnectTokenRequest request, RpcContext _) => CreateTokenAsync(registry.Find(request.SandboxId, backend), request));
        }
    }

    /// <summary>What a create reply tells: the plain addresses of unencrypted tunnels are not known that early, so clients ask for those later.</summary>
    public static IEnumerable<TunnelData> KnownAtCreate(EmulatedSandbox sandbox) => sandbox.Tunnels.Where(static tunnel => !tunnel.HasUnencryptedPort);

    /// <summary>Tunnels are there as soon as the sandbox is, so there is nothing to wait for.</summary>
    private static SandboxGetTunnelsResponse GetTunnels(EmulatedSandbox sandbox) => sandbox.IsRunning
        ? new SandboxGetTunnelsResponse { Tunnels = { sandbox.Tunnels } }
        : new SandboxGetTunnelsResponse
        {
            Result = new GenericResult { Status = GenericStatus.Timeout, Exception = $"Sandbox {sandbox.Id} has ended, and its tunnels with it." },
        };

    private async Task<SandboxCreateConnectTokenResponse> CreateTokenAsync(EmulatedSandbox sandbox, SandboxCreateConnectTokenRequest request)
    {
        var port = request.HasPort ? request.Port : DefaultPort;
        if (port is < 1 or > IPEndPoint.MaxPort)
        {
            throw RpcFailedException.InvalidArgument($"The port {port} is not one of 1 to {IPEndPoint.MaxPort}.");
        }

        if (request.UserMetadata.Any(char.IsControl) || Encoding.UTF8.GetByteCount(request.UserMetadata) > MaxUserData)
        {
            throw RpcFailedException.InvalidArgument($"The user metadata cannot be sent as a header: it may have {MaxUserData} bytes and no control characters.");
        }

        if (!sandbox.IsRunning)
        {
            throw RpcFailedException.FailedPrecondition($"Sandbox {sandbox.Id} has ended; nothing can connect to it any more.");
        }

        var url = await server.GetUrlAsync().ConfigureAwait(false);
        return new SandboxCreateConnectTokenResponse
        {
            Url = url,
            Token = server.Tokens.Issue(new ConnectToken(sandbox, (int)port, request.UserMetadata)),
        };
    }
}
