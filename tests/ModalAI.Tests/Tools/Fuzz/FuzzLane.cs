using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.Tests.Sandboxes;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>Calls, one after the other, in a sandbox of their own.</summary>
internal sealed class FuzzLane : IAsyncDisposable
{
    /// <summary>Files that are larger are not worth the time.</summary>
    private const int MaxFileChars = 256 * 1024;

    private readonly Random _random;
    private readonly RecordedSandbox _recorded;
    private readonly CallGenerator _generator;
    private readonly int _seed;
    private ScriptedRouter _router = null!;
    private ModalClient _client = null!;
    private AIFunction[] _functions = [];

    private FuzzLane(int seed, string canary)
    {
        _seed = seed;
        _random = new Random(seed);
        _recorded = new RecordedSandbox(new Random(~seed));
        _generator = new CallGenerator(_random, canary, _recorded.FindId);
    }

    public int Calls { get; private set; }

    public int Commands { get; private set; }

    public int Functions => _functions.Length;

    public int Failures { get; private set; }

    /// <param name="seed">Decides what is called and answered.</param>
    /// <param name="canary">A file of this computer.</param>
    /// <param name="keepsState">Whether commands take up what the last one has left.</param>
    public static async Task<FuzzLane> StartAsync(int seed, string canary, bool keepsState)
    {
        var lane = new FuzzLane(seed, canary);
        lane._router = await ScriptedRouter.StartAsync(new RecordingService(lane._recorded).Register);
        lane._client = lane._router.CreateClient();
        lane._functions = [.. AllFunctions.Of(lane._client.Sandboxes.Get(ScriptedRouter.SandboxId), keepsState)];
        return lane;
    }

    /// <summary>Makes calls until there are so many, or too many have failed.</summary>
    public async Task RunAsync(int calls, int maxFailures)
    {
        while (Calls < calls && Failures < maxFailures)
        {
            var call = _generator.Next(_functions[_random.Next(_functions.Length)]);
            var texts = string.Join('\n', call.Texts.Select(static text => text.Text));
            _recorded.FileContent = texts.Length < MaxFileChars ? Encoding.UTF8.GetBytes(texts) : [];
            try
            {
                var result = await call.Function.InvokeAsync(new AIFunctionArguments(call.Arguments), TestTimeout.Token);
                var commands = _recorded.Take();
                Commands += commands.Count;
                CallChecks.CheckCommands(call, commands);
                CallChecks.CheckResult(call, result);
            }
            catch (Exception exception)
            {
                // At once: one that hangs ends after the time of the test, which may end before.
                Console.WriteLine($"seed {_seed}, call {Calls}: {exception}\n{call}\n");
                Failures++;
                _recorded.Take();
            }

            Calls++;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _router.DisposeAsync();
    }
}
