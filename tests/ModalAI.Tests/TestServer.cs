using Microsoft.Extensions.Logging.Abstractions;
using ModalAI.Emulator;
using ModalAI.Emulator.Server;

namespace ModalAI.Tests;

/// <summary>Starts servers whose answers a test writes, on any port that is free.</summary>
internal static class TestServer
{
    public static Task<RpcServer> StartAsync(params IReadOnlyList<RpcService> services) =>
        RpcServer.StartAsync(0, null, TimeSpan.Zero, services, new FaultTable(), new ModalEmulatorLedger(), NullLoggerFactory.Instance, CancellationToken.None);
}
