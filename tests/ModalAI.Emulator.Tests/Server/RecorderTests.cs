using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

public sealed class RecorderTests
{
    [Fact]
    public async Task Recorder_NotAskedFor_IsNotThere()
    {
        await using var connection = await EmulatorConnection.StartAsync();

        Assert.Null(connection.Emulator.Recorder);
    }

    [Fact]
    public async Task Request_OfOneMessage_IsKeptWithItsHeadersAndTheFieldsThatWereSet()
    {
        await using var connection = await RecordingAsync();

        await connection.Control.AppGetOrCreateAsync(
            new AppGetOrCreateRequest { AppName = "recorded", ObjectCreationType = ObjectCreationType.CreateIfMissing }, EmulatorConnection.Call(("x-modal-host", "localhost")));

        var request = Assert.Single(connection.Emulator.Recorder!.Requests);
        Assert.Equal(("modal.client.ModalClient", "AppGetOrCreate"), (request.Service, request.Rpc));
        Assert.Contains(KeyValuePair.Create("x-modal-host", "localhost"), request.Headers);
        Assert.Equal("""{"app_name":"recorded","object_creation_type":"OBJECT_CREATION_TYPE_CREATE_IF_MISSING"}""", Assert.Single(request.Messages));
    }

    [Fact]
    public async Task Request_WithFieldsOfEveryKind_IsKeptAsItWasSent()
    {
        await using var connection = await RecordingAsync();
        var request = new SandboxCreateV2Request
        {
            Definition = new Sandbox
            {
                EntrypointArgs = { "a \"quoted\" word", "" },
                Resources = new Resources { MilliCpu = 500, GpuConfig = new GPUConfig() },
                Workdir = "",
                VolumeMounts = { new VolumeMount { MountPath = "/data", ReadOnly = true } },
            },
            SecretSources = { new SecretSource { Env = new StringMap { Contents = { ["A"] = "1" } } } },
        };

        await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await connection.Control.SandboxCreateV2Async(request, EmulatorConnection.Call()));

        Assert.Equal(
            """{"definition":{"entrypoint_args":["a \"quoted\" word",""],"resources":{"milli_cpu":500,"gpu_config":{}},"workdir":"","volume_mounts":[{"mount_path":"/data","read_only":true}]},"secret_sources":[{"env":{"contents":{"A":"1"}}}]}""",
            Assert.Single(Assert.Single(connection.Emulator.Recorder!.Requests).Messages));
    }

    [Fact]
    public async Task Request_WithWhatTheEmulatorDoesNotKnow_SaysSo()
    {
        await using var connection = await RecordingAsync();
        var unknown = new AppGetOrCreateRequest();
        unknown.MergeFrom([0xFA, 0x3F, 0x03, (byte)'n', (byte)'e', (byte)'w']);
        unknown.AppName = "recorded";
        unknown.ObjectCreationType = ObjectCreationType.CreateIfMissing;

        await connection.Control.AppGetOrCreateAsync(unknown, EmulatorConnection.Call());

        var message = JsonDocument.Parse(Assert.Single(connection.Emulator.Recorder!.Requests).Messages[0]).RootElement;
        Assert.Equal(6, message.GetProperty("$unknown_bytes").GetInt32());
    }

    [SkippableFact]
    public async Task Request_OfAStream_KeepsEachMessageAndOfLargeDataLengthAndHash()
    {
        await using var connection = await RecordingAsync();
        var task = await connection.CreateAsync();
        var execId = SandboxTask.NewExecId();
        await connection.Router.TaskExecStartAsync(task.Start(execId, "cat"), task.Call());
        var data = RandomNumberGenerator.GetBytes(100_000);

        using var call = connection.Router.TaskExecStdinWriteStream(task.Call());
        await call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Start = new() { TaskId = task.TaskId, ExecId = execId } });
        await call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFrom(data) });
        await call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { Data = ByteString.CopyFromUtf8("end") });
        await call.RequestStream.WriteAsync(new TaskExecStdinWriteStreamRequest { End = new() });
        await call.RequestStream.CompleteAsync();
        await call;

        var request = Assert.Single(connection.Emulator.Recorder!.Requests, request => request.Rpc == "TaskExecStdinWriteStream");
        Assert.Equal(
            [
                $$$"""{"start":{"task_id":"{{{task.TaskId}}}","exec_id":"{{{execId}}}"}}""",
                $$$"""{"data":{"length":100000,"sha256":"{{{Convert.ToHexStringLower(SHA256.HashData(data))}}}"}}""",
                """{"data":"ZW5k"}""",
                """{"end":{}}""",
            ],
            request.Messages);
    }

    [Fact]
    public async Task Requests_BeyondTheirNumber_AreDroppedOldestFirst()
    {
        await using var connection = await RecordingAsync(options => options.MaxRecordedRequests = 2);

        foreach (var name in (string[])["one", "two", "three"])
        {
            await connection.CreateAppAsync(name);
        }

        var recorder = connection.Emulator.Recorder!;
        Assert.Equal(["two", "three"], recorder.Requests.Select(request => JsonDocument.Parse(request.Messages[0]).RootElement.GetProperty("app_name").GetString()));
        Assert.Equal(1, recorder.DroppedRequests);
    }

    [Fact]
    public async Task Requests_BeyondTheirBytes_AreDroppedOldestFirst()
    {
        await using var connection = await RecordingAsync(options => options.MaxRecordedBytes = 4_000);

        for (var i = 0; i < 20; i++)
        {
            await connection.CreateAppAsync($"app-{i}");
        }

        var recorder = connection.Emulator.Recorder!;
        Assert.InRange(recorder.Requests.Count, 1, 19);
        Assert.Equal(20, recorder.Requests.Count + recorder.DroppedRequests);
        Assert.Contains("app-19", recorder.Requests[^1].Messages[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clear_ForgetsTheRequestsSoFar()
    {
        await using var connection = await RecordingAsync();
        await connection.CreateAppAsync("before");

        connection.Emulator.Recorder!.Clear();
        await connection.CreateAppAsync("after");

        Assert.Contains("after", Assert.Single(Assert.Single(connection.Emulator.Recorder.Requests).Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1_000_000, nameof(ModalEmulatorOptions.MaxRecordedRequests))]
    [InlineData(1, 1_023, nameof(ModalEmulatorOptions.MaxRecordedBytes))]
    public async Task Bounds_ThatHoldNothing_AreRefusedByName(int requests, long bytes, string option)
    {
        var exception = await Assert.ThrowsAsync<ArgumentException>(
            () => ModalEmulator.StartAsync(new ModalEmulatorOptions { MaxRecordedRequests = requests, MaxRecordedBytes = bytes }, TestTimeout.Token));

        Assert.Contains(option, exception.Message, StringComparison.Ordinal);
    }

    private static Task<EmulatorConnection> RecordingAsync(Action<ModalEmulatorOptions>? configure = null)
    {
        var options = new ModalEmulatorOptions { RecordRequests = true };
        configure?.Invoke(options);
        return EmulatorConnection.StartAsync(options);
    }
}
