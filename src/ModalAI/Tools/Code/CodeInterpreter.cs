using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.Sandboxes;

namespace ModalAI.Tools.Code;

/// <summary>
/// Answers a <see cref="HostedCodeInterpreterTool"/> of one response: runs Python in the response's sandbox, where the tool's inputs are files.
/// Thread-safe; code runs one after the other, so that each run has its own files.
/// </summary>
internal sealed class CodeInterpreter : IDisposable
{
    /// <summary>The folder that models know from other code interpreters.</summary>
    private const string Folder = "/mnt/data";

    private readonly SandboxSource _source;
    private readonly CommandSettings _settings;
    private readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _inputs;
    private readonly ConditionalWeakTable<string, CodeRun> _runs = [];
    private readonly SemaphoreSlim _gate = new(1);
    private string? _preparedSandbox;
    private IReadOnlyDictionary<string, string>? _known;

    private CodeInterpreter(SandboxSource source, CommandSettings settings, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> inputs)
    {
        _source = source;
        _settings = settings;
        _inputs = inputs;
        var names = ToolText.Cut(string.Join(", ", inputs.Keys.Select(ToolText.Quote)), ToolLimits.ErrorChars);
        var files = names.Length == 0 ? "" : $" Files there: {names}.";
        Function = SandboxFunction.Create(
            RunAsync,
            new HostedCodeInterpreterTool().Name,
            $"Runs Python code in the sandbox, in {Folder}. Answers with its exit code, then what it prints, and the value of a last expression. "
            + $"Nothing but files stays for the next call: import and load again. Files that it saves in {Folder}, such as plots, are given to the user."
            + files,
            new ModalSandboxToolInfo(new HostedCodeInterpreterTool().Name, ModalToolEffect.Runs));
    }

    /// <summary>The function that a model calls.</summary>
    public AIFunction Function { get; }

    /// <summary>The interpreter that a caller's tools ask for; null where they do not.</summary>
    /// <param name="tools">The caller's tools.</param>
    /// <param name="source">The sandbox of the response.</param>
    /// <param name="settings">How programs run.</param>
    /// <exception cref="InvalidOperationException">An input is none that can be made a file.</exception>
    public static CodeInterpreter? Create(IEnumerable<AITool>? tools, SandboxSource source, CommandSettings settings)
    {
        HostedCodeInterpreterTool[] asked = [.. (tools ?? []).Select(Find).OfType<HostedCodeInterpreterTool>()];
        return asked.Length == 0 ? null : new CodeInterpreter(source, settings, CodeInputs.From(asked.SelectMany(static tool => tool.Inputs ?? [])));
    }

    /// <summary>The marker that a tool is, or wraps.</summary>
    public static HostedCodeInterpreterTool? Find(AITool tool) => tool.GetService<HostedCodeInterpreterTool>();

    /// <summary>What a result of the function came from; null for other results.</summary>
    public CodeRun? FindRun(FunctionResultContent result) => result.Result is string text && _runs.TryGetValue(text, out var run) ? run : null;

    public void Dispose() => _gate.Dispose();

    private async Task<string> RunAsync([Description("Python code.")] string code, CancellationToken cancellationToken = default)
    {
        var bytes = ToolText.TryEncode(code)!;
        if (bytes.Length > ToolLimits.CommandBytes)
        {
            return ToolText.Error(
                $"The code has {bytes.Length} bytes; at most {ToolLimits.CommandBytes} are taken. Write a part of it to a module in {Folder}.");
        }

        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            CodeRun? run = null;
            var reply = await _source.UseAsync(
                Function.Name,
                async sandbox =>
                {
                    var (text, outputs) = await ExecuteAsync(sandbox, bytes, cancellationToken).ConfigureAwait(false);
                    run = new CodeRun(code, outputs);
                    return new ToolReply(text);
                },
                cancellationToken).ConfigureAwait(false);

            // A text of its own, by which the result is known again.
            var answer = new string(reply.Text.AsSpan());
            if (run is not null)
            {
                _runs.Add(answer, run);
            }

            return answer;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<(string Text, IList<AIContent> Outputs)> ExecuteAsync(ModalSandbox sandbox, byte[] code, CancellationToken cancellationToken)
    {
        if (_preparedSandbox != sandbox.Id)
        {
            await Task.WhenAll(_inputs.Select(file =>
                sandbox.Files.WriteAllBytesAsync($"{Folder}/{file.Key}", file.Value, cancellationToken))).ConfigureAwait(false);
            _known = (await CodeFiles.LookAsync(sandbox, Folder, before: null, cancellationToken).ConfigureAwait(false))?.Known;
            _preparedSandbox = sandbox.Id;
        }

        using var input = new MemoryStream(code, writable: false);
        var window = new OutputWindow(_settings.MaxOutputChars, _settings.MaxLineChars);
        var run = await sandbox.Commands.RunAsync(
            CodeProgram.Create(Folder, _settings),
            SandboxCommands.NewId(),
            new CommandPlan { Output = CommandProgress.Observe(window), Input = input },
            cancellationToken).ConfigureAwait(false);
        var folder = _known is null ? null : await CodeFiles.LookAsync(sandbox, Folder, _known, cancellationToken).ConfigureAwait(false);
        _known = folder?.Known ?? _known;
        var output = window.GetView().Text;
        IEnumerable<AIContent?> files = (folder?.Files ?? []).Select(static file => file.ToContent());
        return (
            $"{Describe(run, folder)}\n{(output.Length == 0 ? "(no output)" : output)}",
            [new TextContent(output), .. files.OfType<AIContent>()]);
    }

    /// <summary>One line, the first, so that nothing that the code prints can pass for it.</summary>
    private static string Describe(CommandRun run, CodeFolder? folder)
    {
        var text = new StringBuilder(run.TimedOut
            ? $"timed out: killed after {run.Duration.TotalSeconds:0} s, its output until then is below"
            : $"exit code {run.ExitCode}");
        text.Append(folder is null ? "; its files could not be looked at, so none is given to the user" : "");
        Add("given to the user", static file => file.Data is not null);
        Add("too large or too many to be given to the user", static file => file.Data is null);
        return ToolText.Cut(text.ToString(), ToolLimits.ErrorChars);

        void Add(string what, Func<CodeFile, bool> which)
        {
            var names = (folder?.Files ?? []).Where(which).Select(static file => ToolText.Escape(file.Name));
            text.Append(names.Any() ? $"; {what}: {string.Join(", ", names)}" : "");
        }
    }
}
