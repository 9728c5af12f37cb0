using Google.Protobuf;
using Grpc.Core;
using ModalAI.Emulator.Tests.Server.Support;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

/// <summary>Snapshots at the wire: what requests are refused, what is repeated, and how long images are kept.</summary>
public sealed class SnapshotTests
{
    private const uint Day = 24 * 60 * 60;

    [Fact]
    public async Task SnapshotFilesystem_BadRequests_AreRefused()
    {
        await using var connection = await EmulatorConnection.StartAsync();
        var task = await connection.CreateAsync();
        foreach (var change in (Action<TaskSnapshotFilesystemRequest>[])
        [
            static request => request.ClearTtlSeconds(),
            static request => request.TtlSeconds = 0,
            static request => request.TtlSeconds = -2,
            static request => request.SnapshotId = "",
            static request => request.SnapshotId = "no-uuid",
        ])
        {
            var request = Filesystem(task);
            change(request);
            await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, connection.Router.TaskSnapshotFilesystemAsync(request, task.Call()));
        }

        var encrypted = Filesystem(task);
        encrypted.CustomerSuppliedEncryptionKey = ByteString.CopyFrom(new byte[16]);
        await EmulatorConnection.FailsAsync(StatusCode.FailedPrecondition, connection.Router.TaskSnapshotFilesystemAsync(encrypted, task.Call()));
        var elsewhere = Filesystem(task);
        elsewhere.ContainerId = "ctr-missing";
        await EmulatorConnection.FailsAsync(StatusCode.NotFound, connection.Router.TaskSnapshotFilesystemAsync(elsewhere, task.Call()));
    }

    [Fact]
    public async Task SnapshotDirectory_BadRequests_AreRefused()
    {
        await using var connection = await EmulatorConnection.StartAsync();
        var task = await connection.CreateAsync();
        await task.WaitAsync(await task.ExecAsync("sh", "-c", "ln -s /proc/1/root /magic; ln -s / /root-link; mkdir -p /dir"));
        foreach (var (path, code) in (IEnumerable<(string, StatusCode)>)
        [
            ("/proc", StatusCode.InvalidArgument),
            ("/sys/kernel", StatusCode.InvalidArgument),
            ("/root-link", StatusCode.InvalidArgument),
            ("/magic/etc", StatusCode.InvalidArgument),
            ("/dir\0", StatusCode.InvalidArgument),
            ("/dir/missing", StatusCode.NotFound),
        ])
        {
            await EmulatorConnection.FailsAsync(code, connection.Router.TaskSnapshotDirectoryAsync(Directory(task, path), task.Call()));
        }

        var bytes = Directory(task, "/dir");
        bytes.Path = ByteString.CopyFrom(0x2f, 0xff);
        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, connection.Router.TaskSnapshotDirectoryAsync(bytes, task.Call()));
        var shortKey = Directory(task, "/dir");
        shortKey.CustomerSuppliedEncryptionKey = ByteString.CopyFrom(new byte[15]);
        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, connection.Router.TaskSnapshotDirectoryAsync(shortKey, task.Call()));
        var none = Directory(task, "/dir");
        none.TtlSeconds = 0;
        await EmulatorConnection.FailsAsync(StatusCode.InvalidArgument, connection.Router.TaskSnapshotDirectoryAsync(none, task.Call()));
    }

    [Fact]
    public async Task Snapshot_SameIdAgain_IsTheSameImage()
    {
        await using var connection = await EmulatorConnection.StartAsync();
        var task = await connection.CreateAsync();
        var request = Filesystem(task);

        var first = await connection.Router.TaskSnapshotFilesystemAsync(request, task.Call());
        var second = await connection.Router.TaskSnapshotFilesystemAsync(request, task.Call());
        var other = await connection.Router.TaskSnapshotFilesystemAsync(Filesystem(task), task.Call());

        Assert.Equal(first.ImageId, second.ImageId);
        Assert.NotEqual(first.ImageId, other.ImageId);
    }

    [Fact]
    public async Task Snapshot_WhoseTimeIsOver_IsNotFoundButRunsWhereItWasStarted()
    {
        var time = new ManualTimeProvider();
        await using var connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { TimeProvider = time });
        var task = await connection.CreateAsync(static request => request.Definition.TimeoutSecs = Day);
        await task.WaitAsync(await task.ExecAsync("sh", "-c", "echo kept > /file"));
        var minute = Filesystem(task);
        minute.TtlSeconds = 60;
        var imageId = (await connection.Router.TaskSnapshotFilesystemAsync(minute, task.Call())).ImageId;
        var forEver = (await connection.Router.TaskSnapshotFilesystemAsync(Filesystem(task), task.Call())).ImageId;
        var running = await StartAsync(connection, imageId);

        time.Advance(TimeSpan.FromSeconds(61));

        await EmulatorConnection.FailsAsync(StatusCode.NotFound, FindAsync(connection, imageId));
        Assert.Equal("kept\n", await running.ReadTextAsync(await running.ExecAsync("cat", "/file")));
        time.Advance(TimeSpan.FromDays(10_000));
        await FindAsync(connection, forEver);
    }

    [Fact]
    public async Task SnapshotDirectory_WithoutATime_LivesThirtyDaysFromItsLastUse()
    {
        var time = new ManualTimeProvider();
        await using var connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { TimeProvider = time });
        var task = await connection.CreateAsync();
        var imageId = (await connection.Router.TaskSnapshotDirectoryAsync(Directory(task, "/etc"), task.Call())).ImageId;
        time.Advance(TimeSpan.FromDays(29));
        await StartAsync(connection, imageId);
        time.Advance(TimeSpan.FromDays(29));
        await FindAsync(connection, imageId);

        time.Advance(TimeSpan.FromDays(2));

        await EmulatorConnection.FailsAsync(StatusCode.NotFound, FindAsync(connection, imageId));
    }

    [Fact]
    public async Task Delete_OfASnapshot_RemovesItsFiles()
    {
        var state = System.IO.Directory.CreateTempSubdirectory("modalai-tests-");
        try
        {
            await using (var connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { StateDirectory = state.FullName }))
            {
                var task = await connection.CreateAsync();
                await task.WaitAsync(await task.ExecAsync("sh", "-c", "echo unique-name-of-a-file > /unique-name-of-a-file"));
                var imageId = (await connection.Router.TaskSnapshotFilesystemAsync(Filesystem(task), task.Call())).ImageId;
                await task.TerminateAsync();
                await task.WaitForEndAsync(30);
                Assert.NotEmpty(Find(state));

                await connection.Control.ImageDeleteAsync(new ImageDeleteRequest { ImageId = imageId }, EmulatorConnection.Call());

                await EmulatorConnection.FailsAsync(StatusCode.NotFound, FindAsync(connection, imageId));
                while (Find(state).Any())
                {
                    // The files go in the background; the test's own limit is the bound.
                    await Task.Delay(20, TestTimeout.Token);
                }
            }
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task ExitSnapshot_OptionThatIsNoBoolean_IsRefused()
    {
        await using var connection = await EmulatorConnection.StartAsync();
        var app = await connection.CreateAppAsync();
        var definition = await connection.DefineAsync();
        definition.ExperimentalOptionsV2["enable_exit_snapshot"] = "perhaps";

        await EmulatorConnection.FailsAsync(
            StatusCode.InvalidArgument, connection.Control.SandboxCreateV2Async(new SandboxCreateV2Request { AppId = app, Definition = definition }, EmulatorConnection.Call()));
    }

    [Fact]
    public async Task MemorySnapshot_OfTheOtherBackendOrTooOld_IsNotRestored()
    {
        var time = new ManualTimeProvider();
        await using var connection = await EmulatorConnection.StartAsync(
            new ModalEmulatorOptions { TimeProvider = time, Accept = ModalEmulatorAcceptance.MemorySnapshots });
        var task = await connection.CreateAsync(static request => request.Definition.EnableSnapshot = true);
        var request = new TaskSnapshotMemoryRequest { TaskId = task.TaskId, IdempotencyKey = Guid.NewGuid().ToString() };
        var snapshotId = (await connection.Router.TaskSnapshotMemoryAsync(request, task.Call())).SnapshotId;

        await EmulatorConnection.FailsAsync(
            StatusCode.InvalidArgument, connection.Control.SandboxRestoreAsync(new SandboxRestoreRequest { SnapshotId = snapshotId }, EmulatorConnection.Call()));
        time.Advance(TimeSpan.FromDays(8));
        await EmulatorConnection.FailsAsync(
            StatusCode.NotFound, connection.Control.SandboxRestoreV2Async(new SandboxRestoreV2Request { SnapshotId = snapshotId }, EmulatorConnection.Call()));
    }

    [Fact]
    public async Task Restore_RepeatedWithOneKey_IsOneSandbox()
    {
        await using var connection = await EmulatorConnection.StartAsync(new ModalEmulatorOptions { Accept = ModalEmulatorAcceptance.MemorySnapshots });
        var task = await connection.CreateAsync(static request => request.Definition.EnableSnapshot = true);
        var request = new TaskSnapshotMemoryRequest { TaskId = task.TaskId, IdempotencyKey = Guid.NewGuid().ToString() };
        var snapshotId = (await connection.Router.TaskSnapshotMemoryAsync(request, task.Call())).SnapshotId;
        var call = EmulatorConnection.Call(("x-idempotency-key", "one-and-the-same"));

        var first = await connection.Control.SandboxRestoreV2Async(new SandboxRestoreV2Request { SnapshotId = snapshotId }, call);
        var second = await connection.Control.SandboxRestoreV2Async(new SandboxRestoreV2Request { SnapshotId = snapshotId }, call);

        Assert.Equal(first.SandboxId, second.SandboxId);
        Assert.NotEqual(task.SandboxId, first.SandboxId);
    }

    private static TaskSnapshotFilesystemRequest Filesystem(SandboxTask task) =>
        new() { TaskId = task.TaskId, SnapshotId = Guid.NewGuid().ToString(), TtlSeconds = -1 };

    private static TaskSnapshotDirectoryRequest Directory(SandboxTask task, string path) =>
        new() { TaskId = task.TaskId, SnapshotId = Guid.NewGuid().ToString(), Path = ByteString.CopyFromUtf8(path) };

    private static AsyncUnaryCall<ImageFromIdResponse> FindAsync(EmulatorConnection connection, string imageId) =>
        connection.Control.ImageFromIdAsync(new ImageFromIdRequest { ImageId = imageId }, EmulatorConnection.Call());

    private static Task<SandboxTask> StartAsync(EmulatorConnection connection, string imageId) =>
        connection.CreateAsync(request => (request.Definition.ImageId, request.Definition.TimeoutSecs) = (imageId, Day));

    private static IEnumerable<string> Find(DirectoryInfo state) =>
        System.IO.Directory.EnumerateFiles(
            state.FullName, "unique-name-of-a-file", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true });
}
