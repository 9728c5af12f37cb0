using ModalAI.TestSupport;

#pragma warning disable MODALAI003 // Snapshots are what is tested.

namespace ModalAI.Tests.Sandboxes;

/// <summary>Snapshots, mounts and restores with real files, on the emulator.</summary>
public sealed class SnapshotTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task SnapshotFilesystem_StartsAnotherSandboxWithItsFiles()
    {
        await using var first = await CreateSandboxAsync();
        await first.Sandbox.Files.WriteAllTextAsync("/work/file", "kept", TestTimeout.Token);

        var image = await first.Sandbox.SnapshotFilesystemAsync(cancellationToken: TestTimeout.Token);
        await first.Sandbox.Files.WriteAllTextAsync("/work/file", "later", TestTimeout.Token);
        await using var second = await CreateSandboxAsync(options => options with { Image = image });

        Assert.Equal("kept", await second.Sandbox.Files.ReadAllTextAsync("/work/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task SnapshotDirectory_MountedElsewhere_IsWritableUntilItIsUnmounted()
    {
        await using var first = await CreateSandboxAsync();
        await first.Sandbox.Files.WriteAllTextAsync("/project/file", "kept", TestTimeout.Token);
        var image = await first.Sandbox.SnapshotDirectoryAsync("/project", new ModalDirectorySnapshotOptions { TimeToLive = null }, TestTimeout.Token);
        await using var second = await CreateSandboxAsync();
        var files = second.Sandbox.Files;
        await files.WriteAllTextAsync("/workspace/own", "own", TestTimeout.Token);

        await second.Sandbox.MountImageAsync("/workspace", image, cancellationToken: TestTimeout.Token);
        Assert.Equal("kept", await files.ReadAllTextAsync("/workspace/file", cancellationToken: TestTimeout.Token));
        await files.WriteAllTextAsync("/workspace/file", "changed", TestTimeout.Token);
        var changed = await second.Sandbox.SnapshotDirectoryAsync("/workspace", cancellationToken: TestTimeout.Token);
        await second.Sandbox.UnmountImageAsync("/workspace", TestTimeout.Token);

        Assert.Equal("own", await files.ReadAllTextAsync("/workspace/own", cancellationToken: TestTimeout.Token));
        await second.Sandbox.MountImageAsync("/workspace", changed, cancellationToken: TestTimeout.Token);
        Assert.Equal("changed", await files.ReadAllTextAsync("/workspace/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task MountImage_Failures_SayWhatIsWrong()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sandbox = lifetime.Sandbox;

        var root = await Assert.ThrowsAsync<ModalException>(() => sandbox.MountImageAsync("/", cancellationToken: TestTimeout.Token));
        var missing = await Assert.ThrowsAsync<ModalException>(() => sandbox.MountImageAsync("/mnt/x", ModalImage.FromId("im-missing"), cancellationToken: TestTimeout.Token));
        var notMounted = await Assert.ThrowsAsync<ModalException>(() => sandbox.UnmountImageAsync("/mnt/x", TestTimeout.Token));
        var noDirectory = await Assert.ThrowsAsync<ModalException>(() => sandbox.SnapshotDirectoryAsync("/no/such", cancellationToken: TestTimeout.Token));

        Assert.Equal(
            [ModalErrorCode.InvalidArgument, ModalErrorCode.NotFound, ModalErrorCode.Conflict, ModalErrorCode.NotFound],
            [root.Code, missing.Code, notMounted.Code, noDirectory.Code]);
        Assert.Contains("No image is mounted at '/mnt/x'", notMounted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExitSnapshot_OfATerminatedSandbox_HasItsFiles()
    {
        var lifetime = await CreateSandboxAsync(static options => options with { EnableExitSnapshot = true });
        await lifetime.Sandbox.Files.WriteAllTextAsync("/file", "left", TestTimeout.Token);
        var pending = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.GetExitSnapshotAsync(TimeSpan.Zero, TestTimeout.Token));
        await lifetime.DisposeAsync();

        var image = await lifetime.Sandbox.GetExitSnapshotAsync(cancellationToken: TestTimeout.Token);

        Assert.Equal(ModalErrorCode.Timeout, pending.Code);
        await using var second = await CreateSandboxAsync(options => options with { Image = image });
        Assert.Equal("left", await second.Sandbox.Files.ReadAllTextAsync("/file", cancellationToken: TestTimeout.Token));
    }

    [Fact]
    public async Task ExitSnapshot_ThatWasNotAskedForOrOfNoSandbox_Fails()
    {
        await using var lifetime = await CreateSandboxAsync();

        var disabled = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.GetExitSnapshotAsync(cancellationToken: TestTimeout.Token));
        var missing = await Assert.ThrowsAsync<ModalException>(
            () => Client.Sandboxes.Get("sb-01ARZ3NDEKTSV4RRFFQ69G5FAV").GetExitSnapshotAsync(cancellationToken: TestTimeout.Token));

        Assert.Equal((ModalErrorCode.InvalidArgument, ModalErrorCode.NotFound), (disabled.Code, missing.Code));
        Assert.Contains("EnableExitSnapshot", disabled.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("T4")]
    public async Task SnapshotMemory_Restored_HasTheFilesAndAnotherName(string? gpu)
    {
        await using var first = await CreateSandboxAsync(options => options with { EnableMemorySnapshot = true, Name = "before", Gpu = gpu });
        await first.Sandbox.Files.WriteAllTextAsync("/file", "kept", TestTimeout.Token);

        var snapshot = await first.Sandbox.SnapshotMemoryAsync(cancellationToken: TestTimeout.Token);
        await using var second = new SandboxLifetime(await Client.Sandboxes.RestoreAsync(
            ModalSandboxSnapshot.FromId(snapshot.Id), new ModalSandboxRestoreOptions { Name = $"after-{gpu}" }, TestTimeout.Token));

        Assert.Equal(gpu is null, second.Sandbox.IsV2);
        Assert.Equal("kept", await second.Sandbox.Files.ReadAllTextAsync("/file", cancellationToken: TestTimeout.Token));
        Assert.Equal(second.Sandbox.Id, (await Client.Sandboxes.GetByNameAsync("tests", $"after-{gpu}", cancellationToken: TestTimeout.Token)).Id);
    }

    [Fact]
    public async Task SnapshotMemory_NotEnabledOrNoSuchSnapshot_Fails()
    {
        await using var lifetime = await CreateSandboxAsync();

        var disabled = await Assert.ThrowsAsync<ModalException>(() => lifetime.Sandbox.SnapshotMemoryAsync(cancellationToken: TestTimeout.Token));
        var missing = await Assert.ThrowsAsync<ModalException>(
            () => Client.Sandboxes.RestoreAsync(ModalSandboxSnapshot.FromId("sn-missing"), cancellationToken: TestTimeout.Token));

        Assert.Equal((ModalErrorCode.Conflict, ModalErrorCode.NotFound), (disabled.Code, missing.Code));
    }

    [Fact]
    public async Task Restore_NameThatIsTaken_FailsAndLeavesNothing()
    {
        await using var first = await CreateSandboxAsync(static options => options with { EnableMemorySnapshot = true });
        var snapshot = await first.Sandbox.SnapshotMemoryAsync(cancellationToken: TestTimeout.Token);
        await using var holder = await CreateSandboxAsync(static options => options with { Name = "taken" });

        var exception = await Assert.ThrowsAsync<ModalException>(
            () => Client.Sandboxes.RestoreAsync(snapshot, new ModalSandboxRestoreOptions { Name = "taken" }, TestTimeout.Token));

        Assert.Equal(ModalErrorCode.AlreadyExists, exception.Code);
    }

    [Fact]
    public async Task Sidecar_SnapshotsAndMounts_AreItsOwn()
    {
#pragma warning disable MODALAI002 // Sidecars are part of what is tested.
        await using var lifetime = await CreateSandboxAsync();
        var app = await Client.Apps.GetAsync("tests", cancellationToken: TestTimeout.Token);
        var image = await Client.Images.BuildAsync(ModalImage.FromRegistry("python:3.13-slim"), app, TestTimeout.Token);
        var sidecar = await lifetime.Sandbox.Sidecars.CreateAsync(new ModalSidecarCreateOptions { Name = "side", Image = image }, TestTimeout.Token);
        await sidecar.Files.WriteAllTextAsync("/own/file", "of the sidecar", TestTimeout.Token);

        var directory = await sidecar.SnapshotDirectoryAsync("/own", cancellationToken: TestTimeout.Token);
        await sidecar.MountImageAsync("/mounted", directory, cancellationToken: TestTimeout.Token);
        var mounted = await sidecar.Files.ReadAllTextAsync("/mounted/file", cancellationToken: TestTimeout.Token);
        await sidecar.UnmountImageAsync("/mounted", TestTimeout.Token);
        var files = await sidecar.SnapshotFilesystemAsync(cancellationToken: TestTimeout.Token);
        await using var copy = await CreateSandboxAsync(options => options with { Image = files });

        Assert.Equal("of the sidecar", mounted);
        Assert.Equal("of the sidecar", await copy.Sandbox.Files.ReadAllTextAsync("/own/file", cancellationToken: TestTimeout.Token));
        Assert.False(await lifetime.Sandbox.Files.ExistsAsync("/own/file", TestTimeout.Token));
#pragma warning restore MODALAI002
    }

    [Fact]
    public async Task EncryptionKey_OfADirectory_IsNeededToMount()
    {
        await using var lifetime = await CreateSandboxAsync();
        var sandbox = lifetime.Sandbox;
        await sandbox.Files.WriteAllTextAsync("/secret/file", "content", TestTimeout.Token);
        var key = new byte[32];
        var image = await sandbox.SnapshotDirectoryAsync("/secret", new ModalDirectorySnapshotOptions { EncryptionKey = key }, TestTimeout.Token);

        await sandbox.MountImageAsync("/opened", image, new ModalMountOptions { EncryptionKey = key }, TestTimeout.Token);
        var exception = await Assert.ThrowsAsync<ModalException>(() => sandbox.MountImageAsync("/closed", image, cancellationToken: TestTimeout.Token));

        Assert.Equal("content", await sandbox.Files.ReadAllTextAsync("/opened/file", cancellationToken: TestTimeout.Token));
        Assert.Equal(ModalErrorCode.InvalidArgument, exception.Code);
    }
}
