using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using static ModalAI.Protocol.GenericResult.Types;
using NameOverride = ModalAI.Protocol.SandboxRestoreRequest.Types.SandboxNameOverrideType;

#pragma warning disable MODALAI003 // Snapshots are what is tested.

namespace ModalAI.Tests.Sandboxes;

/// <summary>Snapshots, mounts and restores: what is asked of Modal, as its own SDK asks it, and what is made of its answers.</summary>
public sealed class SnapshotCallTests
{
    private const string V1SandboxId = "sb-0123456789abcdefghijAB";

    [Fact]
    public async Task SnapshotFilesystem_Defaults_AreThoseOfTheSdk()
    {
        var requests = new ConcurrentQueue<TaskSnapshotFilesystemRequest>();
        await using var router = await ScriptedRouter.StartAsync(service => service.Unary<TaskSnapshotFilesystemRequest, TaskSnapshotFilesystemResponse>(
            "TaskSnapshotFilesystem",
            (request, _) =>
            {
                requests.Enqueue(request);
                return requests.Count == 1 ? throw ScriptedRouter.Broken() : Task.FromResult(new TaskSnapshotFilesystemResponse { ImageId = "im-1" });
            }));
        await using var client = router.CreateClient();

        var image = await client.Sandboxes.Get(ScriptedRouter.SandboxId).SnapshotFilesystemAsync(cancellationToken: TestTimeout.Token);

        Assert.Equal("im-1", image.Id);
        Assert.Equal(2, requests.Count);
        var request = requests.First();
        Assert.Equal(request, requests.Last());
        Assert.True(Guid.TryParse(request.SnapshotId, out _));
        Assert.Equal(new TaskSnapshotFilesystemRequest { TaskId = "ta-1", SnapshotId = request.SnapshotId, TtlSeconds = 2_592_000 }, request);
    }

    [Theory]
    [InlineData(90, 90)]
    [InlineData(null, -1)]
    [InlineData(-1, -1)]
    public async Task SnapshotDirectory_TimeToLiveAndKey_AreSent(int? seconds, long sent)
    {
        TaskSnapshotDirectoryRequest? seen = null;
        await using var router = await ScriptedRouter.StartAsync(service => service.Unary<TaskSnapshotDirectoryRequest, TaskSnapshotDirectoryResponse>(
            "TaskSnapshotDirectory",
            (request, _) =>
            {
                seen = request;
                return Task.FromResult(new TaskSnapshotDirectoryResponse { ImageId = "im-1" });
            }));
        await using var client = router.CreateClient();
        var options = new ModalDirectorySnapshotOptions
        {
            TimeToLive = seconds switch { null => null, -1 => Timeout.InfiniteTimeSpan, { } value => TimeSpan.FromSeconds(value) },
            EncryptionKey = new byte[16],
        };

        await client.Sandboxes.Get(ScriptedRouter.SandboxId).SnapshotDirectoryAsync("/data/é", options, TestTimeout.Token);

        Assert.Equal(
            new TaskSnapshotDirectoryRequest
            {
                TaskId = "ta-1",
                Path = ByteString.CopyFromUtf8("/data/é"),
                SnapshotId = seen!.SnapshotId,
                TtlSeconds = sent,
                CustomerSuppliedEncryptionKey = ByteString.CopyFrom(new byte[16]),
            },
            seen);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(1_500)]
    [InlineData(-1_000)]
    public async Task Snapshot_TimeToLiveOfNoWholeSeconds_IsRefusedHere(int milliseconds)
    {
        await using var router = await ScriptedRouter.StartAsync(static _ => { });
        await using var client = router.CreateClient();
        var sandbox = client.Sandboxes.Get(ScriptedRouter.SandboxId);
        var time = TimeSpan.FromMilliseconds(milliseconds);

        await Assert.ThrowsAsync<ArgumentException>("options", () => sandbox.SnapshotFilesystemAsync(new ModalSnapshotOptions { TimeToLive = time }, TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>("options", () => sandbox.SnapshotDirectoryAsync("/x", new ModalDirectorySnapshotOptions { TimeToLive = time }, TestTimeout.Token));
    }

    [Fact]
    public async Task Snapshot_OtherBadArguments_AreRefusedHere()
    {
        await using var router = await ScriptedRouter.StartAsync(static _ => { });
        await using var client = router.CreateClient();
        var sandbox = client.Sandboxes.Get(ScriptedRouter.SandboxId);

        await Assert.ThrowsAsync<ArgumentException>("options", () => sandbox.SnapshotFilesystemAsync(new ModalSnapshotOptions { Timeout = TimeSpan.Zero }, TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>("options", () => sandbox.SnapshotDirectoryAsync("/x", new ModalDirectorySnapshotOptions { EncryptionKey = new byte[15] }, TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>("options", () => sandbox.MountImageAsync("/x", options: new ModalMountOptions { EncryptionKey = new byte[513] }, cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>("path", () => sandbox.SnapshotDirectoryAsync("relative", cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>("path", () => sandbox.MountImageAsync("relative", cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>("path", () => sandbox.UnmountImageAsync("", TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>("image", () => sandbox.MountImageAsync("/x", ModalImage.FromRegistry("alpine"), cancellationToken: TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("timeout", () => sandbox.GetExitSnapshotAsync(TimeSpan.FromSeconds(-2), TestTimeout.Token));
    }

    [Fact]
    public async Task Snapshot_LongerThanItsTime_IsATimeoutAndNotRepeated()
    {
        var attempts = 0;
        await using var router = await ScriptedRouter.StartAsync(service => service.Unary<TaskSnapshotFilesystemRequest, TaskSnapshotFilesystemResponse>(
            "TaskSnapshotFilesystem",
            async (_, context) =>
            {
                Interlocked.Increment(ref attempts);
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                return new TaskSnapshotFilesystemResponse();
            }));
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(ScriptedRouter.SandboxId)
            .SnapshotFilesystemAsync(new ModalSnapshotOptions { Timeout = TimeSpan.FromMilliseconds(500) }, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Timeout, exception.Code);
        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task Snapshot_AnswerWithoutImage_Fails()
    {
        await using var router = await ScriptedRouter.StartAsync(static service => service.Unary<TaskSnapshotFilesystemRequest, TaskSnapshotFilesystemResponse>(
            "TaskSnapshotFilesystem", static (_, _) => Task.FromResult(new TaskSnapshotFilesystemResponse())));
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => client.Sandboxes.Get(ScriptedRouter.SandboxId).SnapshotFilesystemAsync(cancellationToken: TestTimeout.Token));

        Assert.Equal(ModalErrorCode.SnapshotFailed, exception.Code);
    }

    [Fact]
    public async Task MountAndUnmount_Image_AreSent()
    {
        var requests = new ConcurrentQueue<IMessage>();
        await using var router = await ScriptedRouter.StartAsync(service =>
        {
            service.Unary<TaskMountDirectoryRequest, Empty>("TaskMountDirectory", (request, _) => Keep(request));
            service.Unary<TaskUnmountDirectoryRequest, Empty>("TaskUnmountDirectory", (request, _) => Keep(request));
        });
        await using var client = router.CreateClient();
        var sandbox = client.Sandboxes.Get(ScriptedRouter.SandboxId);

        await sandbox.MountImageAsync("/data", ModalImage.FromId("im-1"), new ModalMountOptions { EncryptionKey = new byte[512] }, TestTimeout.Token);
        await sandbox.MountImageAsync("/empty", cancellationToken: TestTimeout.Token);
        await sandbox.UnmountImageAsync("/data", TestTimeout.Token);

        var path = ByteString.CopyFromUtf8("/data");
        Assert.Equal(
            [
                new TaskMountDirectoryRequest { TaskId = "ta-1", Path = path, ImageId = "im-1", CustomerSuppliedEncryptionKey = ByteString.CopyFrom(new byte[512]) },
                new TaskMountDirectoryRequest { TaskId = "ta-1", Path = ByteString.CopyFromUtf8("/empty") },
                new TaskUnmountDirectoryRequest { TaskId = "ta-1", Path = path },
            ],
            requests);

        Task<Empty> Keep(IMessage request)
        {
            requests.Enqueue(request);
            return Task.FromResult(new Empty());
        }
    }

    [Fact]
    public async Task ExitSnapshot_PendingAndBrokenPolls_GoesOnUntilItIsThere()
    {
        var polls = 0;
        await using var router = await StartExitAsync(_ => ++polls switch
        {
            1 or 3 => throw ScriptedRouter.Broken(),
            2 or 4 or 5 => new SandboxGetExitSnapshotResponse { Pending = new SandboxGetExitSnapshotResponse.Types.Pending() },
            _ => new SandboxGetExitSnapshotResponse { Success = new SandboxGetExitSnapshotResponse.Types.Success { ImageId = "im-exit" } },
        });
        await using var client = router.CreateClient();
        var sandbox = client.Sandboxes.Get(ScriptedRouter.SandboxId);
        await sandbox.DisposeAsync();

        Assert.Equal("im-exit", (await sandbox.GetExitSnapshotAsync(cancellationToken: TestTimeout.Token)).Id);
        Assert.Equal(6, polls);
    }

    [Fact]
    public async Task ExitSnapshot_ThreeBrokenPollsInARow_GivesUp()
    {
        var polls = 0;
        await using var router = await StartExitAsync(_ =>
        {
            polls++;
            throw ScriptedRouter.Broken();
        });
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(ScriptedRouter.SandboxId).GetExitSnapshotAsync(cancellationToken: TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Unavailable, exception.Code);
        Assert.Equal(3, polls);
    }

    [Fact]
    public async Task ExitSnapshot_NoTime_AsksOnceWithoutWaiting()
    {
        var requests = new ConcurrentQueue<SandboxGetExitSnapshotRequest>();
        await using var router = await StartExitAsync(request =>
        {
            requests.Enqueue(request);
            return new SandboxGetExitSnapshotResponse { Pending = new SandboxGetExitSnapshotResponse.Types.Pending() };
        });
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => client.Sandboxes.Get(ScriptedRouter.SandboxId).GetExitSnapshotAsync(TimeSpan.Zero, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Timeout, exception.Code);
        Assert.Equal(new SandboxGetExitSnapshotRequest { SandboxId = ScriptedRouter.SandboxId }, Assert.Single(requests));
    }

    [Theory]
    [InlineData(1, ModalErrorCode.SnapshotFailed)]
    [InlineData(2, ModalErrorCode.Internal)]
    [InlineData(3, ModalErrorCode.SnapshotFailed)]
    public async Task ExitSnapshot_Error_SaysWhatModalSays(int error, ModalErrorCode expected)
    {
        await using var router = await StartExitAsync(_ => new SandboxGetExitSnapshotResponse
        {
            Error = new SandboxGetExitSnapshotResponse.Types.Error { ErrorCode = (SandboxGetExitSnapshotResponse.Types.ErrorCode)error, Message = "The disk was gone." },
        });
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(ScriptedRouter.SandboxId).GetExitSnapshotAsync(cancellationToken: TestTimeout.Token));

        Assert.Equal(expected, exception.Code);
        Assert.Contains("The disk was gone.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExitSnapshot_AnswerWithoutOutcome_Fails()
    {
        await using var router = await StartExitAsync(static _ => new SandboxGetExitSnapshotResponse());
        await using var client = router.CreateClient();

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Sandboxes.Get(ScriptedRouter.SandboxId).GetExitSnapshotAsync(cancellationToken: TestTimeout.Token));

        Assert.Equal(ModalErrorCode.Internal, exception.Code);
    }

    [Theory]
    [InlineData(GenericStatus.Success, null)]
    [InlineData(GenericStatus.Failure, ModalErrorCode.SnapshotFailed)]
    public async Task SnapshotMemory_V1_IsWaitedFor(object status, ModalErrorCode? expected)
    {
        SandboxSnapshotWaitRequest? waited = null;
        await using var router = await ScriptedRouter.StartAsync(static _ => { }, control =>
        {
            control.Unary<SandboxGetTaskIdRequest, SandboxGetTaskIdResponse>("SandboxGetTaskId", static (_, _) => Task.FromResult(new SandboxGetTaskIdResponse { TaskId = "ta-1" }));
            control.Unary<SandboxSnapshotRequest, SandboxSnapshotResponse>("SandboxSnapshot", static (_, _) => Task.FromResult(new SandboxSnapshotResponse { SnapshotId = "sn-1" }));
            control.Unary<SandboxSnapshotWaitRequest, SandboxSnapshotWaitResponse>("SandboxSnapshotWait", (request, _) =>
            {
                waited = request;
                return Task.FromResult(new SandboxSnapshotWaitResponse { Result = new GenericResult { Status = (GenericStatus)status, Exception = "No memory left." } });
            });
        });
        await using var client = router.CreateClient();
        var sandbox = client.Sandboxes.Get(V1SandboxId);

        if (expected is { } code)
        {
            var exception = await Assert.ThrowsAsync<ModalException>(() => sandbox.SnapshotMemoryAsync(cancellationToken: TestTimeout.Token));
            Assert.Equal(code, exception.Code);
            Assert.Contains("No memory left.", exception.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal("sn-1", (await sandbox.SnapshotMemoryAsync(cancellationToken: TestTimeout.Token)).Id);
        }

        Assert.Equal(new SandboxSnapshotWaitRequest { SnapshotId = "sn-1", Timeout = 55 }, waited);
    }

    [Theory]
    [InlineData(null, false, 0)]
    [InlineData(null, true, 1)]
    [InlineData("new-name", false, 2)]
    public async Task Restore_ById_AsksForTheBackendAndSendsTheName(string? name, bool withoutName, int sent)
    {
        SandboxRestoreV2Request? seen = null;
        await using var router = await ScriptedRouter.StartAsync(static _ => { }, control =>
        {
            control.Unary<SandboxSnapshotGetRequest, SandboxSnapshotGetResponse>(
                "SandboxSnapshotGet",
                static (request, _) => Task.FromResult(new SandboxSnapshotGetResponse { SnapshotId = request.SnapshotId, HandleMetadata = new SandboxSnapshotHandleMetadata { IsV2 = true } }));
            control.Unary<SandboxRestoreV2Request, SandboxRestoreV2Response>("SandboxRestoreV2", (request, _) =>
            {
                seen = request;
                return Task.FromResult(new SandboxRestoreV2Response { SandboxId = ScriptedRouter.SandboxId, TaskId = "ta-1" });
            });
        });
        await using var client = router.CreateClient();

        var sandbox = await client.Sandboxes.RestoreAsync(
            ModalSandboxSnapshot.FromId("sn-1"), new ModalSandboxRestoreOptions { Name = name, WithoutName = withoutName }, TestTimeout.Token);

        Assert.Equal(ScriptedRouter.SandboxId, sandbox.Id);
        Assert.Equal(name, sandbox.Name);
        Assert.Equal(new SandboxRestoreV2Request { SnapshotId = "sn-1", SandboxNameOverrideType = (NameOverride)sent, SandboxNameOverride = name ?? "" }, seen);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(GenericStatus.Failure)]
    public async Task Restore_V1_WaitsUntilItIsReadyAndEndsWhatIsNot(object? status)
    {
        var terminated = 0;
        SandboxGetTaskIdRequest? waited = null;
        await using var router = await ScriptedRouter.StartAsync(static _ => { }, control =>
        {
            control.Unary<SandboxSnapshotGetRequest, SandboxSnapshotGetResponse>("SandboxSnapshotGet", static (_, _) => Task.FromResult(new SandboxSnapshotGetResponse()));
            control.Unary<SandboxRestoreRequest, SandboxRestoreResponse>("SandboxRestore", static (_, _) => Task.FromResult(new SandboxRestoreResponse { SandboxId = V1SandboxId }));
            control.Unary<SandboxGetTaskIdRequest, SandboxGetTaskIdResponse>("SandboxGetTaskId", (request, _) =>
            {
                waited = request;
                return Task.FromResult(status is null
                    ? new SandboxGetTaskIdResponse { TaskId = "ta-1" }
                    : new SandboxGetTaskIdResponse { TaskResult = new GenericResult { Status = (GenericStatus)status, Exception = "No such processor." } });
            });
            control.Unary<SandboxTerminateRequest, SandboxTerminateResponse>("SandboxTerminate", (_, _) =>
            {
                Interlocked.Increment(ref terminated);
                return Task.FromResult(new SandboxTerminateResponse());
            });
        });
        await using var client = router.CreateClient();
        var restoration = client.Sandboxes.RestoreAsync(ModalSandboxSnapshot.FromId("sn-1"), cancellationToken: TestTimeout.Token);

        if (status is null)
        {
            Assert.Equal(V1SandboxId, (await restoration).Id);
        }
        else
        {
            var exception = await Assert.ThrowsAsync<ModalException>(() => restoration);
            Assert.Equal(ModalErrorCode.SnapshotFailed, exception.Code);
            Assert.Contains("No such processor.", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(new SandboxGetTaskIdRequest { SandboxId = V1SandboxId, WaitUntilReady = true, Timeout = 55 }, waited);
        Assert.Equal(status is null ? 0 : 1, terminated);
    }

    [Fact]
    public async Task Restore_MalformedOrTwoNames_AreRefusedHere()
    {
        await using var router = await ScriptedRouter.StartAsync(static _ => { });
        await using var client = router.CreateClient();
        var snapshot = ModalSandboxSnapshot.FromId("sn-1");

        await Assert.ThrowsAsync<ArgumentException>("options", () => client.Sandboxes.RestoreAsync(snapshot, new ModalSandboxRestoreOptions { Name = "a b" }, TestTimeout.Token));
        await Assert.ThrowsAsync<ArgumentException>(
            "options", () => client.Sandboxes.RestoreAsync(snapshot, new ModalSandboxRestoreOptions { Name = "a", WithoutName = true }, TestTimeout.Token));
    }

    private static Task<ScriptedRouter> StartExitAsync(Func<SandboxGetExitSnapshotRequest, SandboxGetExitSnapshotResponse> answer) =>
        ScriptedRouter.StartAsync(static _ => { }, control => control.Unary<SandboxGetExitSnapshotRequest, SandboxGetExitSnapshotResponse>(
            "SandboxGetExitSnapshotV2", (request, _) => Task.FromResult(answer(request))));
}
