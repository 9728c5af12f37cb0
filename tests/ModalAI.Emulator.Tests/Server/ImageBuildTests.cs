using Google.Protobuf.Collections;
using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Tests.Server;

/// <summary>Builds as clients of the wire see them: their logs, their limits, and what is left of them.</summary>
public sealed class ImageBuildTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private EmulatorConnection _connection = null!;

    public async Task InitializeAsync() => _connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions
    {
        TimeProvider = _time,
        ImageBuildTimeout = TimeSpan.FromHours(24),
        Accept = ModalEmulatorAcceptance.Gpus | ModalEmulatorAcceptance.RegistryCredentials,
    });

    public async Task DisposeAsync() => await _connection.DisposeAsync();

    [Fact]
    public async Task Join_WhileTheBuildRuns_StreamsWhatItSaysAndThenItsEnd()
    {
        var gate = new Gate();
        var imageId = await StartAsync($"RUN echo ready; echo problem >&2; {gate.Wait}; echo after");
        using var stream = Join(imageId);

        var (text, last) = await ReadUntilAsync(stream, "ready\n", "problem\n");
        Assert.StartsWith($"Building image {imageId}\n=> Step 1: RUN echo ready", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nafter\n", text, StringComparison.Ordinal);

        // Another, who comes later with what it has seen, gets the rest alone.
        using var second = Join(imageId, last);
        gate.Release();
        var (rest, result) = await ReadToEndAsync(second);

        Assert.Equal($"after\nFinished image build for {imageId}\n", rest);
        Assert.Equal(GenericStatus.Success, result!.Status);
        Assert.Equal(rest, (await ReadToEndAsync(stream)).Text);
    }

    [Fact]
    public async Task Join_UntilItsTimeIsOver_EndsWithoutAResult()
    {
        var gate = new Gate();
        var imageId = await StartAsync($"RUN echo ready; {gate.Wait}");
        using var stream = Join(imageId);
        await ReadUntilAsync(stream, "ready\n");

        var reading = stream.ResponseStream.MoveNext(TestTimeout.Token);
        while (!reading.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(55));
            await Task.WhenAny(reading, Task.Delay(100));
        }

        Assert.False(await reading);
        gate.Release();
        using var again = Join(imageId);
        Assert.Equal(GenericStatus.Success, (await ReadToEndAsync(again)).Result!.Status);
    }

    [Fact]
    public async Task Join_OfABuildThatHasEnded_HasItsLogOnRequest()
    {
        var imageId = await StartAsync("RUN echo text");
        using (var first = Join(imageId))
        {
            await ReadToEndAsync(first);
        }

        using var without = Join(imageId);
        using var with = _connection.Control.ImageJoinStreaming(
            new ImageJoinStreamingRequest { ImageId = imageId, Timeout = 55, IncludeLogsForFinished = true }, EmulatorConnection.Call());

        Assert.Equal(("", GenericStatus.Success), await EndAsync(without));
        var (text, result) = await ReadToEndAsync(with);
        Assert.Contains("text\n", text, StringComparison.Ordinal);
        Assert.Equal(GenericStatus.Success, result!.Status);
    }

    [Fact]
    public async Task Join_OfAnUnknownImage_IsNotFound()
    {
        using var stream = Join("im-0000000000000000000000");

        var exception = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(TestTimeout.Token));

        Assert.Equal(StatusCode.NotFound, exception.StatusCode);
    }

    [Fact]
    public async Task Build_ThatTakesTooLong_IsATimeout()
    {
        var imageId = await StartAsync("RUN echo ready; sleep 1000");
        using var stream = Join(imageId);
        await ReadUntilAsync(stream, "ready\n");

        _time.Advance(TimeSpan.FromHours(25));
        GenericResult? result;
        do
        {
            using var again = Join(imageId);
            (_, result) = await ReadToEndAsync(again);
        }
        while (result is null);

        Assert.Equal(GenericStatus.Timeout, result.Status);
        await EmulatorConnection.FailsAsync(
            StatusCode.NotFound, _connection.Control.ImageFromIdAsync(new ImageFromIdRequest { ImageId = imageId }, EmulatorConnection.Call()));
    }

    [Fact]
    public async Task Build_ThatRuns_IsNoImageYet()
    {
        var gate = new Gate();
        var imageId = await StartAsync($"RUN {gate.Wait}");

        await EmulatorConnection.FailsAsync(
            StatusCode.FailedPrecondition, _connection.Control.ImageFromIdAsync(new ImageFromIdRequest { ImageId = imageId }, EmulatorConnection.Call()));
        await EmulatorConnection.FailsAsync(
            StatusCode.FailedPrecondition, _connection.Control.ImageDeleteAsync(new ImageDeleteRequest { ImageId = imageId }, EmulatorConnection.Call()));
        Assert.Equal(imageId, await StartAsync($"RUN {gate.Wait}"));
        gate.Release();
        using var stream = Join(imageId);
        Assert.Equal(GenericStatus.Success, (await ReadToEndAsync(stream)).Result!.Status);
        await _connection.Control.ImageFromIdAsync(new ImageFromIdRequest { ImageId = imageId }, EmulatorConnection.Call());
    }

    [Fact]
    public async Task GetOrCreate_RepeatedByAClient_BuildsOnceThoughForced()
    {
        var request = await RequestAsync("RUN true");
        request.ForceBuild = true;
        var call = EmulatorConnection.Call(("x-idempotency-key", "key"));

        var first = await _connection.Control.ImageGetOrCreateAsync(request, call);
        var second = await _connection.Control.ImageGetOrCreateAsync(request, call);
        var other = await _connection.Control.ImageGetOrCreateAsync(request, EmulatorConnection.Call());

        Assert.Equal(first.ImageId, second.ImageId);
        Assert.NotEqual(first.ImageId, other.ImageId);
    }

    [Fact]
    public async Task Gpu_AndCredentials_Accepted_AreRecorded()
    {
        var request = await RequestAsync("RUN true");
        request.Image.GpuConfig = new GPUConfig { Count = 1, GpuType = "T4" };
        var secret = new SecretGetOrCreateRequest { ObjectCreationType = ObjectCreationType.Ephemeral, EnvDict = { ["REGISTRY_USERNAME"] = "u", ["REGISTRY_PASSWORD"] = "p" } };
        request.Image.ImageRegistryConfig = new ImageRegistryConfig
        {
            RegistryAuthType = RegistryAuthType.StaticCreds,
            SecretId = (await _connection.Control.SecretGetOrCreateAsync(secret, EmulatorConnection.Call())).SecretId,
        };

        var imageId = (await _connection.Control.ImageGetOrCreateAsync(request, EmulatorConnection.Call())).ImageId;

        using var stream = Join(imageId);
        Assert.Equal(GenericStatus.Success, (await ReadToEndAsync(stream)).Result!.Status);
        Assert.Equal(
            [ModalEmulatorAcceptance.Gpus, ModalEmulatorAcceptance.RegistryCredentials],
            _connection.Emulator.Ledger.AcceptedFeatures.Select(static feature => feature.Feature).Distinct().Order());
    }

    [Fact]
    public async Task BuildArguments_StandForWhatIsDeclared()
    {
        var request = await RequestAsync("ARG WORD=default OTHER=other", "RUN echo $WORD $OTHER $UNDECLARED.");
        request.Image.BuildArgs["WORD"] = "given";
        request.Image.BuildArgs["UNDECLARED"] = "x";
        var imageId = (await _connection.Control.ImageGetOrCreateAsync(request, EmulatorConnection.Call())).ImageId;
        using var stream = Join(imageId);

        Assert.Contains("\ngiven other .\n", (await ReadToEndAsync(stream)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_ThatLeavesAProcessBehind_EndsItBeforeTheNextStep()
    {
        var imageId = await StartAsync("RUN setsid sh -c 'echo started >/srv/a; sleep 1000; echo late >/srv/a' & until grep -qs started /srv/a; do :; done", "RUN ps -e | grep -c sleep; cat /srv/a");
        using var stream = Join(imageId);

        var (text, result) = await ReadToEndAsync(stream);

        Assert.Equal(GenericStatus.Success, result!.Status);
        Assert.Contains("=> Step 2: RUN ps -e | grep -c sleep; cat /srv/a\n1\nstarted\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Emulator_StoppedDuringABuild_LeavesNothing()
    {
        var state = Directory.CreateTempSubdirectory("modalai-tests-");
        var connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { StateDirectory = state.FullName });
        var sleep = $"{Random.Shared.Next(100_000, 1_000_000)}.{Environment.ProcessId}";
        var request = new ImageGetOrCreateRequest { AppId = await connection.CreateAppAsync(), Image = new Image { DockerfileCommands = { "FROM debian:12", $"RUN echo ready; sleep {sleep}" } } };
        var imageId = (await connection.Control.ImageGetOrCreateAsync(request, EmulatorConnection.Call())).ImageId;
        using (var stream = connection.Control.ImageJoinStreaming(new ImageJoinStreamingRequest { ImageId = imageId, Timeout = 55 }, EmulatorConnection.Call()))
        {
            await ReadUntilAsync(stream, "ready\n");
        }

        await connection.DisposeAsync();

        Assert.Empty(state.EnumerateFileSystemInfos());
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc"), process => ReadCommandLine(process).Contains(sleep, StringComparison.Ordinal));
        state.Delete();
    }

    private static string ReadCommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Join(process, "cmdline"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Reads until the log holds all of the texts.</summary>
    private static async Task<(string Text, string LastEntryId)> ReadUntilAsync(AsyncServerStreamingCall<ImageJoinStreamingResponse> stream, params string[] texts)
    {
        var text = "";
        var last = "";
        while (!texts.All(part => text.Contains(part, StringComparison.Ordinal)))
        {
            Assert.True(await stream.ResponseStream.MoveNext(TestTimeout.Token), $"The log ended with {text}");
            text += TextOf(stream.ResponseStream.Current.TaskLogs);
            last = stream.ResponseStream.Current.EntryId;
        }

        return (text, last);
    }

    private static async Task<(string Text, GenericResult? Result)> ReadToEndAsync(AsyncServerStreamingCall<ImageJoinStreamingResponse> stream)
    {
        var text = "";
        GenericResult? result = null;
        while (await stream.ResponseStream.MoveNext(TestTimeout.Token))
        {
            text += TextOf(stream.ResponseStream.Current.TaskLogs);
            result = stream.ResponseStream.Current.Result ?? result;
        }

        return (text, result);
    }

    private static async Task<(string Text, GenericStatus? Status)> EndAsync(AsyncServerStreamingCall<ImageJoinStreamingResponse> stream)
    {
        var (text, result) = await ReadToEndAsync(stream);
        return (text, result?.Status);
    }

    private static string TextOf(RepeatedField<TaskLogs> entries) => string.Concat(entries.Select(static entry => entry.Data));

    private AsyncServerStreamingCall<ImageJoinStreamingResponse> Join(string imageId, string lastEntryId = "") =>
        _connection.Control.ImageJoinStreaming(new ImageJoinStreamingRequest { ImageId = imageId, Timeout = 55, LastEntryId = lastEntryId }, EmulatorConnection.Call());

    private async Task<ImageGetOrCreateRequest> RequestAsync(params string[] commands) =>
        new() { AppId = await _connection.CreateAppAsync(), Image = new Image { DockerfileCommands = { (string[])["FROM debian:12", .. commands] } } };

    private async Task<string> StartAsync(params string[] commands)
    {
        var response = await _connection.Control.ImageGetOrCreateAsync(await RequestAsync(commands), EmulatorConnection.Call());
        return response.ImageId;
    }

    /// <summary>What a build waits for. Builds share the network of this computer, and nothing else that a test can reach.</summary>
    private sealed class Gate
    {
        private readonly System.Net.Sockets.TcpListener _listener = new(System.Net.IPAddress.Loopback, 0);

        public Gate() => _listener.Start();

        /// <summary>A command that ends once it is released.</summary>
        public string Wait => $"perl -e 'use Socket; socket(S,AF_INET,SOCK_STREAM,0); connect(S,sockaddr_in({((System.Net.IPEndPoint)_listener.LocalEndpoint).Port},inet_aton(\"127.0.0.1\"))); <S>'";

        public void Release() => _listener.Stop();
    }
}
