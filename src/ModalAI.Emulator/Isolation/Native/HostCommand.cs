using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>A program of this computer that does something for the emulator, and what it says.</summary>
internal sealed class HostCommand : IDisposable
{
    private const int ReportLimit = 4096;

    private readonly StreamReader _output;
    private readonly StringBuilder _said = new();

    private HostCommand(ChildProcess process, Stream output)
    {
        Process = process;
        _output = new StreamReader(output);
    }

    public ChildProcess Process { get; }

    /// <summary>What it has said other than reports, at most a few thousand characters.</summary>
    public string Said => _said.ToString().Trim();

    public static HostCommand Start(IReadOnlyList<string> arguments, SafeFileHandle? input, SafeFileHandle? workingDirectory = null)
    {
        using var output = new ProcessPipe();
        var process = ChildProcess.Start(new SpawnRequest
        {
            Program = arguments[0],
            Arguments = arguments,
            Environment = HostTools.Environment,
            Input = input,
            Output = output.Write,
            Error = output.Write,
            WorkingDirectory = workingDirectory,
        });
        return new HostCommand(process, output.TakeReading());
    }

    /// <returns>The exit code, and what was said.</returns>
    public static async Task<(int ExitCode, string Output)> RunAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken, SafeFileHandle? workingDirectory = null)
    {
        using var command = Start(arguments, input: null, workingDirectory);
        try
        {
            _ = await command.ReadReportAsync(word: null, cancellationToken).ConfigureAwait(false);
            return (await command.Process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false), command.Said);
        }
        catch
        {
            command.Process.KillGroup();
            throw;
        }
    }

    /// <summary>Reads lines until one starts with a word; its rest, or null when the output ended before.</summary>
    public async Task<string?> ReadReportAsync(string? word, CancellationToken cancellationToken)
    {
        while (await _output.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (word is not null && line.StartsWith(word, StringComparison.Ordinal))
            {
                return line[word.Length..].Trim();
            }

            if (_said.Length + line.Length < ReportLimit)
            {
                _said.AppendLine(line);
            }
        }

        return null;
    }

    /// <summary>After the output has ended: what was said, and the exit code.</summary>
    public async Task<string> DescribeEndAsync(CancellationToken cancellationToken)
    {
        var exitCode = await Process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);
        return $"{(Said.Length == 0 ? "nothing was said" : Said)} (exit code {exitCode})";
    }

    public void Dispose() => _output.Dispose();
}
