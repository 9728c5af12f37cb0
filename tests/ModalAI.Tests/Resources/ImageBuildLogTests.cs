using System.Collections.Concurrent;
using ModalAI.Emulator;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Tests.Resources;

/// <summary>The live log of a build: each line once and in order, whatever the connection does.</summary>
public sealed class ImageBuildLogTests : IAsyncLifetime
{
    private static readonly ModalImage Python = ModalImage.FromRegistry("python:3.13-slim");

    private ImageServer _server = null!;
    private ModalClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await ImageServer.StartAsync();
        _server.Build = static _ => new ImageGetOrCreateResponse();
        _client = _server.CreateClient();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Log_PiecesAndLines_ComeAsLinesInOrder()
    {
        _server.Join = static async (_, writer, token) =>
        {
            await writer.WriteAsync(ImageServer.Printed("1", "Step 1\nSte", "p 2\r\n"), token);
            await writer.WriteAsync(ImageServer.Printed("2", "no end"), token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
        };

        var lines = await BuildAsync(Python);

        Assert.Equal(["Step 1", "Step 2", "no end"], lines.Select(static line => line.Text));
        Assert.All(lines, static line => Assert.Equal(("im-1", ModalLogSource.Output, DateTimeOffset.FromUnixTimeSeconds(1_000)), (line.ImageId, line.Source, line.Time)));
    }

    [Fact]
    public async Task Log_ConnectionBreaksAndEnds_IsResumedAfterTheLastEntry()
    {
        _server.Join = static async (request, writer, token) =>
        {
            switch (request.LastEntryId)
            {
                case "":
                    await writer.WriteAsync(ImageServer.Printed("1", "one\n"), token);
                    throw new RpcFailedException(RpcStatusCode.Unavailable, "The connection broke.");
                case "1":
                    await writer.WriteAsync(ImageServer.Printed("2", "two\n"), token);
                    await writer.WriteAsync(new ImageJoinStreamingResponse(), token);
                    return;
                default:
                    await writer.WriteAsync(ImageServer.Printed("3", "three\n"), token);
                    await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
                    return;
            }
        };

        var lines = await BuildAsync(Python);

        Assert.Equal(["one", "two", "three"], lines.Select(static line => line.Text));
        Assert.Equal(["", "1", "2"], _server.Joins.Select(static join => join.LastEntryId));
        Assert.All(_server.Joins, static join => Assert.Equal(("im-1", 55f), (join.ImageId, join.Timeout)));
    }

    [Fact]
    public async Task Log_LineWithoutEnd_ComesInPieces()
    {
        _server.Join = static async (_, writer, token) =>
        {
            await writer.WriteAsync(ImageServer.Printed("1", new string('x', 10_000), new string('x', 10_000) + "\nend\n"), token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
        };

        var lines = await BuildAsync(Python);

        Assert.Equal(20_000, lines.SkipLast(1).Sum(static line => line.Text.Length));
        Assert.All(lines, static line => Assert.InRange(line.Text.Length, 1, 8 * 1024));
        Assert.Equal("end", lines[^1].Text);
    }

    [Fact]
    public async Task Fails_LongLog_EndsTheMessageWithItsTailWithoutSecrets()
    {
        _server.Build = static request => request.Image.BaseImages.Count == 0 ? ImageServer.Ended(GenericStatus.Success) : new ImageGetOrCreateResponse();
        _server.Join = static async (_, writer, token) =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                await writer.WriteAsync(ImageServer.Printed($"{i}", $"line {i}\n"), token);
            }

            await writer.WriteAsync(ImageServer.Printed("last", "login with s3cret-value refused\n"), token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Failure, "The command returned 1."), token);
        };
        var image = Python.WithDockerfileCommands(["RUN login"], new ModalImageLayerOptions { Secrets = [ModalSecret.FromValues([new("PASSWORD", "s3cret-value")])] });

        var exception = await Assert.ThrowsAsync<ModalException>(() => _client.Images.BuildAsync(image, _server.App, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.ImageBuildFailed, exception.Code);
        Assert.EndsWith("line 4999\nlogin with *** refused", exception.Message, StringComparison.Ordinal);
        Assert.Contains("The command returned 1.", exception.Message, StringComparison.Ordinal);
        Assert.InRange(exception.Message.Length, 1, 3_000);
        Assert.DoesNotContain("s3cret-value", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fails_LogAndReasonWithValuesOfAnyKind_ShowsNoneOfThem()
    {
        _server.Build = static request => request.Image.DockerfileCommands.Contains("RUN fail") ? new ImageGetOrCreateResponse() : ImageServer.Ended(GenericStatus.Success);
        _server.Join = static async (_, writer, token) =>
        {
            await writer.WriteAsync(ImageServer.Printed("1", "pull-pass, of-below, tok-en, tok-en-longer, of-the-build, short is a b\n", "key: second line\n"), token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Failure, "Refused: of-the-build."), token);
        };
        var image = ModalImage.FromRegistry("private/image", ModalSecret.FromValues([new("REGISTRY_USERNAME", "robot"), new("REGISTRY_PASSWORD", "pull-pass")]))
            .WithDockerfileCommands(["RUN below"], new ModalImageLayerOptions { EnvironmentVariables = new Dictionary<string, string> { ["BELOW"] = "of-below" } })
            .WithDockerfileCommands(["RUN fail"], new ModalImageLayerOptions
            {
                EnvironmentVariables = new Dictionary<string, string> { ["A"] = "tok-en", ["B"] = "of-the-build", ["KEY"] = "first line\nsecond line\n" },
                Secrets = [ModalSecret.FromValues([new("LONGER", "tok-en-longer"), new("SHORT", "a b")])],
            });

        var exception = await Assert.ThrowsAsync<ModalException>(() => _client.Images.BuildAsync(image, _server.App, TestTimeout.Token));

        Assert.EndsWith("failed: Refused: ***.\nIts log ends with:\n***, ***, ***, ***, ***, short is a b\nkey: ***", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_BuildInItsCourse_HearsWhatWasPrintedBefore()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Join = async (_, writer, token) =>
        {
            await writer.WriteAsync(ImageServer.Printed("1", "early\n"), token);
            await go.Task.WaitAsync(token);
            await writer.WriteAsync(ImageServer.Printed("2", "late\n"), token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
        };
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = BuildAsync(Python, _ => heard.TrySetResult());
        await heard.Task.WaitAsync(TestTimeout.Token);
        var heardToo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var second = BuildAsync(Python, _ => heardToo.TrySetResult());
        await heardToo.Task.WaitAsync(TestTimeout.Token);
        go.SetResult();

        Assert.Equal(["early", "late"], (await first).Select(static line => line.Text));
        Assert.Equal(["early", "late"], (await second).Select(static line => line.Text));
        Assert.Single(_server.Builds);
    }

    [Fact]
    public async Task Cancel_OneOfTwo_LeavesTheOtherItsBuild()
    {
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Join = async (_, writer, token) =>
        {
            joined.TrySetResult();
            await go.Task.WaitAsync(token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
        };
        using var cancellation = new CancellationTokenSource();
        var cancelled = _client.Images.BuildAsync(Python, _server.App, cancellation.Token);
        await joined.Task.WaitAsync(TestTimeout.Token);
        var other = _client.Images.BuildAsync(Python, _server.App, TestTimeout.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        go.SetResult();

        Assert.Equal("im-1", (await other).Id);
        Assert.Single(_server.Joins);
    }

    [Fact]
    public async Task Cancel_TheOnlyOne_StopsReadingAndTheNextStartsAnew()
    {
        var joined = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Join = async (_, _, token) =>
        {
            joined.TrySetResult();
            await using var registration = token.Register(() => left.TrySetResult());
            await Task.Delay(Timeout.Infinite, token);
        };
        using var cancellation = new CancellationTokenSource();
        var cancelled = _client.Images.BuildAsync(Python, _server.App, cancellation.Token);
        await joined.Task.WaitAsync(TestTimeout.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await left.Task.WaitAsync(TestTimeout.Token);

        _server.Join = static async (_, writer, token) => await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
        Assert.Equal("im-2", (await _client.Images.BuildAsync(Python, _server.App, TestTimeout.Token)).Id);
    }

    [Fact]
    public async Task Timeout_BuildThatDoesNotEnd_IsATimeout()
    {
        _server.Join = static (_, _, token) => Task.Delay(Timeout.Infinite, token);

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => _client.Images.BuildAsync(Python, _server.App, new ModalImageBuildOptions { Timeout = TimeSpan.FromMilliseconds(300) }, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Timeout, exception.Code);
        Assert.Contains("Modal goes on building it", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_ListenerThrows_EndsItsWaitOnly()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Join = async (_, writer, token) =>
        {
            await writer.WriteAsync(ImageServer.Printed("1", "one\n"), token);
            await go.Task.WaitAsync(token);
            await writer.WriteAsync(ImageServer.JoinEnded(GenericStatus.Success), token);
        };
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var quiet = BuildAsync(Python, _ => heard.TrySetResult());
        await heard.Task.WaitAsync(TestTimeout.Token);

        await Assert.ThrowsAsync<NotSupportedException>(() => BuildAsync(Python, _ => throw new NotSupportedException()));
        go.SetResult();

        Assert.Equal("one", Assert.Single(await quiet).Text);
    }

    private async Task<List<ModalImageBuildLogLine>> BuildAsync(ModalImage image, Action<ModalImageBuildLogLine>? listen = null)
    {
        var lines = new Listener(listen);
        await _client.Images.BuildAsync(image, _server.App, new ModalImageBuildOptions { Log = lines }, TestTimeout.Token);
        return [.. lines.Lines];
    }

    private sealed class Listener(Action<ModalImageBuildLogLine>? listen) : IProgress<ModalImageBuildLogLine>
    {
        public ConcurrentQueue<ModalImageBuildLogLine> Lines { get; } = new();

        public void Report(ModalImageBuildLogLine value)
        {
            Lines.Enqueue(value);
            listen?.Invoke(value);
        }
    }
}
