using System.Text;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

/// <summary>The operations on files, past the functions of any set of tools: on Debian's programs, and on BusyBox alone.</summary>
public abstract partial class FileEngineTests(EmulatorFixture fixture, string? image) : EmulatorTest(fixture)
{
    private ModalSandbox Sandbox { get; set; } = null!;

    private FileToolContext Files => new(Sandbox) { Seen = Seen };

    private SeenFiles Seen { get; } = new();

    public override async Task InitializeAsync()
    {
        if (image is null || BusyBoxRoot.Program is not null)
        {
            var options = new ModalSandboxCreateOptions { AppName = "tests", WorkingDirectory = "/work" };
            Sandbox = await Client.Sandboxes.CreateAsync(
                image is null ? options : options with { Image = ModalImage.FromRegistry(image) }, TestTimeout.Token);
            await Sandbox.ExecuteAsync("mkdir -p /tmp", TestTimeout.Token);
        }
    }

    public override async Task DisposeAsync()
    {
        if (Sandbox is not null)
        {
            await Sandbox.TerminateAsync(TestTimeout.Token);
        }

        await base.DisposeAsync();
    }

    /// <summary>Runs one operation and fails unless it was one command in the sandbox.</summary>
    private async Task<ToolReply> OnceAsync(Func<FileToolContext, Task<ToolReply>> operation)
    {
        Skip.If(Sandbox is null, "busybox is not installed (Debian: busybox-static).");
        var before = Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("TaskExecStart");
        var reply = await operation(Files);
        Assert.Equal(before + 1, Fixture.Emulator.Ledger.RpcCounts.GetValueOrDefault("TaskExecStart"));
        if (reply.Failure is not null)
        {
            Assert.StartsWith("Error: ", reply.Text, StringComparison.Ordinal);
            Assert.InRange(reply.Text.Length, 1, 600);
        }

        return reply;
    }

    private async Task<T> SucceedAsync<T>(Func<FileToolContext, Task<ToolReply>> operation)
        where T : ToolReply
    {
        var reply = await OnceAsync(operation);
        Assert.True(reply.Failure is null, reply.Text);
        return Assert.IsType<T>(reply);
    }

    private async Task<string> FailAsync(ToolFailure failure, Func<FileToolContext, Task<ToolReply>> operation)
    {
        var reply = await OnceAsync(operation);
        Assert.True(reply.Failure == failure, $"{reply.Failure}: {reply.Text}");
        return reply.Text;
    }

    private Task<ToolReply> ReadAsync(FileToolContext files, string path, int offset = 1, int limit = 2000) =>
        ReadTool.RunAsync(files with { Tool = "read" }, path, offset, limit, TestTimeout.Token);

    private Task<ToolReply> WriteAsync(FileToolContext files, string path, string content) =>
        WriteTool.RunAsync(files with { Tool = "write" }, path, Encoding.UTF8.GetBytes(content), TestTimeout.Token);

    private Task<ToolReply> EditAsync(FileToolContext files, string path, params (string Old, string New)[] edits) =>
        EditTool.RunAsync(files with { Tool = "edit" }, path, [.. edits.Select(static edit => Edit(edit.Old, edit.New))], TestTimeout.Token);

    private static FileEdit Edit(string oldText, string newText) => new(Encoding.UTF8.GetBytes(oldText), Encoding.UTF8.GetBytes(newText), ReplaceAll: false);

    private async Task<string> ShellAsync(string command)
    {
        Skip.If(Sandbox is null, "busybox is not installed (Debian: busybox-static).");
        return (await Sandbox.ExecuteAsync(command, TestTimeout.Token)).EnsureSuccess().StandardOutput;
    }

    private async Task PutAsync(string path, byte[] content)
    {
        Skip.If(Sandbox is null, "busybox is not installed (Debian: busybox-static).");
        await Sandbox.Files.WriteAllBytesAsync(path, content, TestTimeout.Token);
    }

    /// <summary>A command that has said all may still be about to end.</summary>
    private async Task WhenNoCommandRunsAsync()
    {
        for (var limit = TestTimeout.Token; Fixture.Emulator.Ledger.LiveProcesses.Count > 0;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), limit);
        }
    }

    private Task<byte[]> GetAsync(string path) => Sandbox.Files.ReadAllBytesAsync(path, cancellationToken: TestTimeout.Token);
}

/// <summary>With the programs of this computer.</summary>
public sealed class FileEngineOnDebianTests(EmulatorFixture fixture) : FileEngineTests(fixture, image: null)
{
    [SkippableFact]
    public Task Grep_SomeThatCanNotBeRead_KeepsTheHits() => GrepSomeThatCanNotBeReadAsync();

    [SkippableTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public Task Grep_WrongPattern_NamesBackslashesOnlyWhereTheyHelp(bool isLiteral, bool isSaid) => GrepWrongPatternAsync(isLiteral, isSaid);

    [SkippableFact]
    public Task Delete_ThatCanNotBeDone_SaysWhatMayBeGone() => DeleteThatCanNotBeDoneAsync();

    [SkippableFact]
    public Task Edit_CancelledWhileItIsWritten_IsMadeCompletely() => EditCancelledWhileItIsWrittenAsync();
}

/// <summary>With BusyBox alone.</summary>
public sealed class FileEngineOnBusyBoxTests(BusyBoxFixture fixture) : FileEngineTests(fixture, BusyBoxFixture.Tag), IClassFixture<BusyBoxFixture>;
