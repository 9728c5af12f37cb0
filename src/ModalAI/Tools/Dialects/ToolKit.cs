using System.Globalization;
using Microsoft.Extensions.AI;
using ModalAI.Tools.Code;

namespace ModalAI.Tools.Dialects;

/// <summary>What the functions of a set work with, whatever they are called.</summary>
internal sealed partial class ToolKit
{
    private readonly ToolSetup _setup;
    private readonly SandboxSource _source;
    private readonly FileToolLimits _limits;
    private readonly ToolWords _words;
    private readonly CommandTool _commands;
    private readonly JobTool _jobs;

    /// <param name="setup">What the set has in common with others.</param>
    /// <param name="source">Where the sandbox of a call comes from.</param>
    /// <param name="dialect">What the functions are called, and what they take.</param>
    public ToolKit(ToolSetup setup, SandboxSource source, ToolDialect dialect)
    {
        _setup = setup;
        _source = source;
        HasJobs = source.Life != SandboxLife.PerCall;
        Options = setup.Options;
        Names = new ToolNames(dialect, setup.Options, IsMet);
        _words = dialect.GetWords(Names);
        _words = HasJobs ? _words : _words with { Background = null, ReadJob = null, KillJob = null };
        _limits = FileToolLimits.From(setup.Options);
        Settings = CommandSettings.From(setup.Options, setup.CommandTimeout, HasJobs);

        // Where nothing follows jobs, a command that went on as one would be lost to the model.
        Settings = _words.ReadJob is null ? Settings with { YieldAfter = null } : Settings;
        _commands = new CommandTool(Settings, setup.Facts, _words, setup.Cursors);
        _jobs = new JobTool(Settings, _words, setup.Cursors);
    }

    public ModalSandboxToolOptions Options { get; }

    public ToolNames Names { get; }

    /// <summary>How commands run.</summary>
    public CommandSettings Settings { get; }

    /// <summary>Whether a sandbox outlives the call, so that jobs are of use.</summary>
    public bool HasJobs { get; }

    /// <summary>What descriptions of functions that change something say where nothing lasts.</summary>
    public string Life => HasJobs ? "" : " Each call has a new sandbox: nothing is kept from one call to the next.";

    /// <summary>What the set is, for those who describe it.</summary>
    /// <param name="tools">Names of its functions.</param>
    public InstructionFacts Describe(IReadOnlyList<string> tools) => new()
    {
        Tools = tools,
        Life = _source.Life,
        Sandboxes = _setup.Sandboxes,
        Words = _words,
        Settings = Settings,
        Publish = Names[ToolDialect.PublishName],
        Programs = _setup.Programs.Found,
    };

    /// <summary>Makes the functions of the set.</summary>
    public IEnumerable<AITool> Create(ToolDialect dialect)
    {
        var methods = dialect.Create(this).ToDictionary(static method => method.Name);
        foreach (var tool in dialect.Tools)
        {
            if (Names[tool.Name] is not { } name)
            {
                continue;
            }

            var method = methods[tool.Name];
            var description = Options.Descriptions.TryGetValue(tool.Name, out var own) ? own : method.Description;
            var function = SandboxFunction.Create(method.Method, name, description, new ModalSandboxToolInfo(tool.Name, tool.Effect));
            yield return ToolConsent.Mark(function, tool.Effect, _setup);
        }
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="name">The name that the dialect gives the function.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Kills the command, and throws.</param>
    public async Task<string> RunAsync(string name, CommandCall call, CancellationToken cancellationToken)
    {
        if (_commands.FindProblem(call) is { } problem)
        {
            return ToolText.Error(problem);
        }

        var reply = await _source.UseAsync(
            Names.Of(name), async sandbox => (await _commands.RunAsync(sandbox, call, cancellationToken).ConfigureAwait(false)).ToReply(), cancellationToken).ConfigureAwait(false);
        return reply.Text;
    }

    /// <summary>Runs Python code.</summary>
    /// <param name="name">The name that the dialect gives the function.</param>
    /// <param name="code">The code.</param>
    /// <param name="cancellationToken">Kills it, and throws.</param>
    public async Task<string> RunCodeAsync(string name, string code, CancellationToken cancellationToken)
    {
        if (ToolProblems.OfText("code", code.Trim().Length == 0 ? "" : code, ToolLimits.CommandBytes) is { } problem)
        {
            return await Refuse(name, problem).ConfigureAwait(false);
        }

        using var input = new MemoryStream(ToolText.TryEncode(code)!, writable: false);
        var program = CodeProgram.Create("", Settings) with { StandardInput = input };
        return await RunAsync(name, new CommandCall(code) { Program = program }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does something with a job.</summary>
    /// <param name="name">The name that the dialect gives the function.</param>
    /// <param name="use">What is done.</param>
    /// <param name="cancellationToken">Gives up; the job goes on.</param>
    public async Task<string> UseJobAsync(string name, Func<ModalSandbox, JobTool, Task<CommandAnswer>> use, CancellationToken cancellationToken)
    {
        var reply = await _source.UseAsync(
            Names.Of(name), async sandbox => (await use(sandbox, _jobs).ConfigureAwait(false)).ToReply(), cancellationToken).ConfigureAwait(false);
        return reply.Text;
    }

    /// <summary>Does something with files.</summary>
    /// <param name="name">The name that the dialect gives the function.</param>
    /// <param name="use">What is done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string> UseFilesAsync(string name, Func<FileToolContext, Task<ToolReply>> use, CancellationToken cancellationToken) =>
        (await UseContentAsync(name, use, cancellationToken).ConfigureAwait(false)).Text;

    /// <summary>Does something with files that media come of.</summary>
    /// <returns>Text, or contents.</returns>
    public async Task<object> UseMediaAsync(string name, Func<FileToolContext, Task<ToolReply>> use, CancellationToken cancellationToken) =>
        await UseContentAsync(name, use, cancellationToken).ConfigureAwait(false) is var reply && reply is MediaReply media ? media.ToContents() : reply.Text;

    /// <summary>Hands a file to the application.</summary>
    public Task<string> PublishAsync(string path, CancellationToken cancellationToken) => ToolProblems.OfFile("path", path) is { } problem
        ? Refuse(ToolDialect.PublishName, problem)
        : UseFilesAsync(
            ToolDialect.PublishName, files => PublishTool.RunAsync(files, _setup.Sink!, path, files.Tool, cancellationToken), cancellationToken);

    /// <summary>Answers a call that makes no sense, whatever the sandbox holds.</summary>
    /// <param name="name">The name that the dialect gives the function.</param>
    /// <param name="problem">What is wrong, as it stands behind a colon.</param>
    public Task<string> Refuse(string name, string problem) => Task.FromResult(ToolText.Error($"{Names.Of(name)} was not run: {problem}."));

    /// <summary>A time in whole seconds.</summary>
    public static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);

    private Task<ToolReply> UseContentAsync(string name, Func<FileToolContext, Task<ToolReply>> use, CancellationToken cancellationToken)
    {
        var tool = Names.Of(name);
        return _source.UseAsync(tool, sandbox => use(new FileToolContext(sandbox) { Tool = tool, Words = _words, Limits = _limits, Seen = _source.Seen }), cancellationToken);
    }

    private bool IsMet(ToolNeed need) => need switch
    {
        ToolNeed.Jobs => HasJobs,
        ToolNeed.InlineMedia => Options.InlineMedia,
        ToolNeed.Sink => _setup.Sink is not null,
        _ => true,
    };
}
