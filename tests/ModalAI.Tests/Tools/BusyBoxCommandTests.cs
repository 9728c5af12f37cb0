using ModalAI.Emulator;
using ModalAI.TestSupport;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools;

/// <summary>Commands and jobs where there is nothing but BusyBox.</summary>
public sealed class BusyBoxCommandTests : IAsyncLifetime
{
    private const string Tag = "busybox:test";

    private static readonly CommandSettings Settings = new() { JobPatience = TimeSpan.FromSeconds(0.3) };

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("modalai-busybox-");
    private readonly JobCursors _cursors = new();
    private ModalEmulator? _emulator;
    private ModalClient? _client;

    public async Task InitializeAsync()
    {
        if (BusyBoxRoot.Program is null)
        {
            return;
        }

        await BusyBoxRoot.CreateAsync(_root.FullName);
        var options = new ModalEmulatorOptions();
        options.Images[Tag] = _root.FullName;
        _emulator = await ModalEmulator.StartAsync(options);
        _client = new ModalClient(new ModalClientOptions
        {
            ServerUrl = _emulator.ServerUrl,
            TokenId = "ak-test",
            TokenSecret = "as-test",
            UseEnvironmentVariables = false,
            UseConfigurationFile = false,
        });
    }

    public async Task DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_emulator is not null)
        {
            await _emulator.DisposeAsync();
        }

        _root.Delete(recursive: true);
    }

    [SkippableFact]
    public async Task Run_Commands_WorkAsElsewhere()
    {
        var sandbox = await CreateAsync();

        Assert.Equal("exit code 3\nout\nerr", (await RunAsync(sandbox, new("echo out; echo err >&2; exit 3"))).Text);
        Assert.Equal("exit code 0\nend", (await RunAsync(sandbox, new("cat; echo end"))).Text);
        Assert.Equal("exit code 0\n200000", (await RunAsync(sandbox, new($"text='{new string('x', 200_000)}'; echo ${{#text}}"))).Text);
        var missing = (await RunAsync(sandbox, new("git status"))).Text;
        Assert.Equal("exit code 127; there is no program 'git' in this sandbox; there is no package manager either\n/bin/sh: git: not found", missing);
        var timedOut = await RunAsync(sandbox, new("echo begun; sleep 300") { Timeout = TimeSpan.FromSeconds(1) });
        Assert.Equal((true, "begun"), (timedOut.TimedOut, timedOut.Output!.Text));
        var cut = await RunAsync(sandbox, new("seq 100000"));
        Assert.Equal("588895\n", (await sandbox.ExecuteAsync($"wc -c <{cut.LogPath}", TestTimeout.Token)).StandardOutput);
        await sandbox.TerminateAsync(TestTimeout.Token);
    }

    [SkippableFact]
    public async Task Jobs_OfThisImage_AreReadFedAndEnded()
    {
        var sandbox = await CreateAsync();
        var jobs = new JobTool(Settings, ToolWords.Default, _cursors);
        var job = await RunAsync(sandbox, new("read -r line; echo \"got $line\"; sleep 300") { InBackground = true, KeepsInputOpen = true });

        var answer = await jobs.WriteAsync(sandbox, job.JobId!, "a\n", endsInput: false, TimeSpan.FromSeconds(30), null, TestTimeout.Token);

        Assert.Equal((true, "got a"), (answer.IsRunning, answer.Output!.Text));
        Assert.StartsWith($"job {job.JobId} was ended", (await jobs.KillAsync(sandbox, job.JobId!, TestTimeout.Token)).Text, StringComparison.Ordinal);
        await sandbox.TerminateAsync(TestTimeout.Token);
    }

    [SkippableFact]
    public async Task State_OfThisShell_IsThereForTheNextCall()
    {
        var sandbox = await CreateAsync();

        await ShellStateChecks.RunAsync(sandbox, "/", shell: null);
        await sandbox.TerminateAsync(TestTimeout.Token);
    }

    private Task<CommandAnswer> RunAsync(ModalSandbox sandbox, CommandCall call) =>
        new CommandTool(Settings, SandboxFacts.Unknown, ToolWords.Default, _cursors).RunAsync(sandbox, call, TestTimeout.Token);

    private async Task<ModalSandbox> CreateAsync()
    {
        Skip.If(_client is null, "BusyBox is not installed (Debian: busybox-static).");
        return await _client.Sandboxes.CreateAsync(new() { Image = ModalImage.FromRegistry(Tag) }, TestTimeout.Token);
    }
}
