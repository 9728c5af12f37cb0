using Grpc.Core;
using Grpc.Net.Client;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;
using ControlPlaneClient = ModalAI.Protocol.ModalClient.ModalClientClient;
using RouterClient = ModalAI.Protocol.TaskCommandRouter.TaskCommandRouterClient;

namespace ModalAI.Emulator.Tests.Server.Support;

/// <summary>An emulator, and the bare stubs of its two services.</summary>
internal sealed class EmulatorConnection : IAsyncDisposable
{
    private readonly GrpcChannel _channel;

    private EmulatorConnection(ModalEmulator emulator)
    {
        Emulator = emulator;
        _channel = GrpcChannel.ForAddress(emulator.ServerUrl, new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        Control = new ControlPlaneClient(_channel);
        Router = new RouterClient(_channel);
    }

    public ModalEmulator Emulator { get; }

    public ControlPlaneClient Control { get; }

    public RouterClient Router { get; }

    public static async Task<EmulatorConnection> StartAsync(ModalEmulatorOptions? options = null)
        => new(await ModalEmulator.StartAsync(options, TestTimeout.Token));

    /// <summary>What a call to the control plane carries.</summary>
    public static CallOptions Call(params (string Name, string Value)[] headers)
    {
        var metadata = new Metadata { { "x-modal-token-id", "ak-test" }, { "x-modal-token-secret", "as-test" } };
        foreach (var (name, value) in headers)
        {
            metadata.Add(name, value);
        }

        return new CallOptions(metadata, cancellationToken: TestTimeout.Token);
    }

    public static async Task<RpcException> FailsAsync<TResponse>(StatusCode code, AsyncUnaryCall<TResponse> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.True(code == exception.StatusCode, $"Expected {code}, but was {exception.Status}.");
        return exception;
    }

    public async Task<Sandbox> DefineAsync()
    {
        var app = await CreateAppAsync();
        var request = new ImageGetOrCreateRequest { AppId = app, Image = new Image { DockerfileCommands = { "FROM debian:12" } } };
        var image = await Control.ImageGetOrCreateAsync(request, Call());
        return new Sandbox { ImageId = image.ImageId };
    }

    public async Task<string> CreateAppAsync(string name = "tests")
    {
        var request = new AppGetOrCreateRequest { AppName = name, ObjectCreationType = ObjectCreationType.CreateIfMissing };
        return (await Control.AppGetOrCreateAsync(request, Call())).AppId;
    }

    /// <summary>A V2 sandbox with the changes that <paramref name="configure"/> makes.</summary>
    public async Task<SandboxTask> CreateAsync(Action<SandboxCreateV2Request>? configure = null)
    {
        var request = new SandboxCreateV2Request { AppId = await CreateAppAsync(), Definition = await DefineAsync() };
        configure?.Invoke(request);
        return new SandboxTask(this, await Control.SandboxCreateV2Async(request, Call()));
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Emulator.DisposeAsync();
    }
}
