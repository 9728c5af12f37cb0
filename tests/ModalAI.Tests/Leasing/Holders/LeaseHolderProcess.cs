using System.Diagnostics;
using System.Text;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Leasing.Holders;

/// <summary>A running <c>ModalAI.LeaseHolder</c>: an application of its own that holds leases. It is killed at the latest when it is disposed of.</summary>
internal sealed class LeaseHolderProcess : IAsyncDisposable
{
    /// <summary>To be killed before the call is carried out.</summary>
    public static readonly ModalEmulatorFaultRule BeforeRpc = new("*") { Times = 1, Delay = TimeSpan.FromHours(1) };

    /// <summary>To be killed before the reply arrives of a call that was carried out.</summary>
    public static readonly ModalEmulatorFaultRule AfterRpc = new("*") { Times = 1, LosesReply = true };

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly StringBuilder _errors = new();
    private TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LeaseHolderProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => _errors.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Starts it.</summary>
    /// <param name="verb">What it does.</param>
    /// <param name="serverUrl">The server.</param>
    /// <param name="settings">Its configuration.</param>
    public static LeaseHolderProcess Start(string verb, string serverUrl, IEnumerable<KeyValuePair<string, string>> settings)
    {
        IEnumerable<KeyValuePair<string, string>> client =
        [
            new("Sandbox:Client:ServerUrl", serverUrl),
            new("Sandbox:Client:TokenId", "ak-test"),
            new("Sandbox:Client:TokenSecret", "as-test"),
            new("Sandbox:Client:UseEnvironmentVariables", "false"),
            new("Sandbox:Client:UseConfigurationFile", "false"),
        ];
        string[] arguments = [typeof(LeaseHolder.Steps).Assembly.Location, verb, .. client.Concat(settings).Select(static setting => $"--{setting.Key}={setting.Value}")];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        return new LeaseHolderProcess(Process.Start(start)!);
    }

    /// <summary>What it has told until now of the steps of a name.</summary>
    public IReadOnlyList<string> Told(string step)
    {
        lock (_gate)
        {
            return [.. _lines.Select(static line => line.Split(' ', 2)).Where(words => words[0] == step).Select(static words => words.ElementAtOrDefault(1) ?? "")];
        }
    }

    /// <summary>Waits until it tells of a step.</summary>
    public async Task WhenAtAsync(string step)
    {
        var ended = _process.WaitForExitAsync(TestTimeout.Token);
        while (true)
        {
            var told = Volatile.Read(ref _told).Task;
            if (Told(step).Count > 0)
            {
                return;
            }

            Assert.False(ended.IsCompleted, $"It has ended or takes too long, and never was at '{step}'. {_errors}");
            await Task.WhenAny(told, ended);
        }
    }

    /// <summary>Lets it go on that waits for a line of input.</summary>
    public Task GoAsync() => _process.StandardInput.WriteLineAsync();

    /// <summary>Waits for its end, which must be a good one.</summary>
    public async Task WhenDoneAsync()
    {
        await _process.WaitForExitAsync(TestTimeout.Token);
        Assert.True(_process.ExitCode == 0, $"It ended with {_process.ExitCode}. {_errors}");
    }

    /// <summary>Ends it with SIGKILL, and returns when it is gone and all that it told is here.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestTimeout.Token);
    }

    /// <summary>Kills it when a call is struck.</summary>
    /// <returns>False where no call was, until it ended as it should.</returns>
    public async Task<bool> KillWhenHitAsync(ModalEmulatorFault fault)
    {
        var hit = fault.WhenHitAsync(1, TestTimeout.Token);
        var first = await Task.WhenAny(hit, WhenDoneAsync());
        await first;
        await KillAsync();
        return first == hit;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Add(string? line)
    {
        lock (_gate)
        {
            _lines.AddRange(line is null ? [] : [line]);
        }

        Interlocked.Exchange(ref _told, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
