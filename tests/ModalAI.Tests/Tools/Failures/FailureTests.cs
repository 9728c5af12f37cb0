using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.TestSupport;
using Xunit.Abstractions;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>All that goes wrong with arguments, files, commands, jobs and limits, as a loop with its default settings meets it.</summary>
public sealed class FailureTests(EmulatorFixture fixture, ITestOutputHelper output) : EmulatorTest(fixture)
{
    private const int AtOnce = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly FailureReport _report = new();

    [Fact]
    public void Catalogue_HasEachFailureOnce() =>
        Assert.Equal(FailureCatalogue.All.Count, FailureCatalogue.All.Select(static failure => failure.Id).Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public async Task Calls_ThatGoWrong_NeverThrowAndSayWhatMendsThem()
    {
        using var limit = new CancellationTokenSource(Patience);
        await Task.WhenAll(FailureCatalogue.All.GroupBy(static failure => failure.Sandbox).Select(group => RunAsync(group.Key, [.. group], limit.Token)));

        _report.Check(output);
    }

    /// <summary>Runs those that share a sandbox.</summary>
    private async Task RunAsync(string? name, IReadOnlyList<FailureCase> cases, CancellationToken cancellationToken)
    {
        await using var lifetime = await CreateSandboxAsync(static options => options with { WorkingDirectory = "/work", Timeout = TimeSpan.FromMinutes(20) });
        var sandbox = lifetime.Sandbox;
        var ready = await CheckAsync(sandbox, cases.ToDictionary(static failure => failure.Id, static failure => failure.SetUp), cancellationToken);
        var missing = cases.Where(failure => !ready.Contains(failure.Id)).Select(static failure => failure.Id).ToList();
        Assert.All(missing, static id => Assert.Matches("-denied$|-full$|-no-network$", id));
        output.WriteLine($"{name ?? "(shared)"}: {cases.Count} cases; not possible on this computer: {string.Join(", ", missing)}");
        if (name == FailureCatalogue.EndedSandbox)
        {
            await sandbox.TerminateAsync(cancellationToken);
            await sandbox.WaitAsync(cancellationToken);
        }

        var possible = cases.Where(failure => ready.Contains(failure.Id)).ToList();
        await Parallel.ForEachAsync(
            possible,
            new ParallelOptions { MaxDegreeOfParallelism = name is null ? AtOnce : 1, CancellationToken = cancellationToken },
            async (failure, token) => await RunAsync(sandbox, failure, token));
        var goals = possible.Where(static failure => failure.Goal is not null).ToDictionary(static failure => failure.Id, static failure => failure.Goal!);
        if (goals.Count > 0)
        {
            var reached = await CheckAsync(sandbox, goals, cancellationToken);
            possible.FindAll(static failure => failure.Goal is not null).ForEach(failure => _report.Note(failure, reached.Contains(failure.Id)));
        }
    }

    private async Task RunAsync(ModalSandbox sandbox, FailureCase failure, CancellationToken cancellationToken)
    {
        var options = new ModalSandboxToolOptions { Dialect = failure.Dialect };
        failure.Configure(options);
        var tools = new ModalSandboxTools(sandbox, options, failure.Publishes ? new Drain() : null);
        var job = failure.Job is { } command ? await StartAsync(sandbox, failure, command, cancellationToken) : "";
        if (failure.Stale is { } stale)
        {
            await ToolTest.CallAsync(tools, stale.Tool, [.. failure.Arguments.Where(static argument => argument.Key == "file_path").Select(argument => (argument.Key, Fill(argument.Value)))]);
            (await sandbox.ExecuteAsync((string)Fill(stale.Change)!, cancellationToken)).EnsureSuccess();
        }

        var call = new AgentCall(failure.Tool, failure.Arguments.ToDictionary(argument => argument.Key, argument => Fill(argument.Value)));
        await _report.RunAsync(failure, call, static client => client, new ChatOptions { Tools = [.. tools] }, cancellationToken);

        object? Fill(object? value) => value switch
        {
            string text => text.Replace("{here}", failure.Here, StringComparison.Ordinal).Replace("{job}", job, StringComparison.Ordinal),
            string[] texts => texts.Select(text => (string)Fill(text)!).ToArray(),
            _ => value,
        };
    }

    private static async Task<string> StartAsync(ModalSandbox sandbox, FailureCase failure, string command, CancellationToken cancellationToken)
    {
        var process = await sandbox.Processes.StartAsync(command, cancellationToken);
        if (command.StartsWith("echo", StringComparison.Ordinal))
        {
            await process.ReadOutputAsync(0, new ModalReadOutputOptions { Wait = TestTimeout.Duration }, cancellationToken);
        }

        if (command.StartsWith("exit", StringComparison.Ordinal))
        {
            await process.WaitForExitAsync(TestTimeout.Duration, cancellationToken);
        }
        else if (failure.Dialect == ModalToolDialect.OpenAI)
        {
            await process.CloseInputAsync(cancellationToken);
        }

        return process.Id;
    }

    /// <summary>Runs a script in the directory of each case, and gives those that succeed.</summary>
    private static async Task<HashSet<string>> CheckAsync(ModalSandbox sandbox, Dictionary<string, string> scripts, CancellationToken cancellationToken)
    {
        var all = new StringBuilder();
        foreach (var (id, script) in scripts)
        {
            all.Append($"mkdir -p /work/{id}; (cd /work/{id} || exit\n{(script.Length == 0 ? "true" : script)}\n) </dev/null >/dev/null 2>&1 && echo {id}\n");
        }

        using var input = new MemoryStream(Encoding.UTF8.GetBytes(all.ToString()));
        var result = await sandbox.ExecuteAsync(
            ModalCommand.Create("/bin/sh", "-s") with { StandardInput = input, Timeout = TimeSpan.FromMinutes(3) }, cancellationToken);
        return [.. result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>An application that takes files and does nothing with them.</summary>
    private sealed class Drain : IModalArtifactSink
    {
        public Task PublishAsync(ModalArtifact artifact, CancellationToken cancellationToken = default) => artifact.Content.CopyToAsync(Stream.Null, cancellationToken);
    }
}
