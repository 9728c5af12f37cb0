using System.Runtime.CompilerServices;
using Google.Protobuf;
using ModalAI.Files;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.Sandboxes;

namespace ModalAI;

/// <summary>Watching for changes.</summary>
public sealed partial class ModalSandboxFiles
{
    private const int MaxChangeBytes = 64 * 1024;
    private static readonly TimeSpan MaxWatchTime = TimeSpan.FromDays(1);
    private static readonly TimeSpan EndWatchLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Tells of changes as they happen: of a file, of what is directly in a directory, or of all that is below it. A link is followed; paths are those of its target. Modal does
    /// not say when a watch has begun: what changes in the moment after the first call of <c>MoveNextAsync</c> may not be told, nor what comes and goes in a new directory in the moment before
    /// that is watched.
    /// </summary>
    /// <param name="path">Absolute path of a file or directory.</param>
    /// <param name="options">What to tell, and for how long; null for all changes, not recursively, without end.</param>
    /// <param name="cancellationToken">Ends the watch, here and in the sandbox, and throws.</param>
    /// <returns>Changes, until the time is over or the loop is left, which ends the watch in the sandbox.</returns>
    /// <exception cref="ModalFileNotFoundException">There is nothing of that name.</exception>
    /// <exception cref="ModalFilePermissionException">It may not be watched.</exception>
    /// <exception cref="ModalException">The path or an option is invalid, the operation failed otherwise, or the sandbox has ended.</exception>
    public IAsyncEnumerable<ModalFileChange> WatchAsync(string path, ModalWatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ModalWatchOptions();
        if (options.Timeout is { } timeout && (timeout < TimeSpan.Zero || timeout > MaxWatchTime))
        {
            throw ModalErrors.InvalidArgument($"The watch is to end after {timeout}; that must be from zero to {MaxWatchTime.TotalHours:0} hours, the longest life of a sandbox, or null for never.");
        }

        return WatchCoreAsync(Absolute(path), options, cancellationToken);
    }

    private async IAsyncEnumerable<ModalFileChange> WatchCoreAsync(
        string path, ModalWatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Operation = "Watch";
        cancellationToken.ThrowIfCancellationRequested();
        var exec = _tool.Start(Operation, path, json => FileChanges.WriteArguments(json, options));
        using var reader = new ExecOutputReader(_commands.Exec, exec, TaskExecStdioFileDescriptor.Stdout);
        var lines = new LineReader(reader, MaxChangeBytes);
        var hasEnded = false;
        try
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            while (await lines.ReadAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                if (FileChanges.Parse(line.Span) is { } change)
                {
                    yield return change;
                }
            }

            hasEnded = true;
            await _tool.EndAsync(exec, _commands.Exec.WaitAsync(exec, cancellationToken), Operation, path, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (!hasEnded)
            {
                await EndWatchAsync(exec).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The end of its input ends the program. Where that takes long, it goes on in the background.</summary>
    private async Task EndWatchAsync(ExecHandle exec)
    {
        var ending = SendEndAsync(exec);
        _commands.Background.Add(ending);
        await ((Task)ending).WaitAsync(EndWatchLimit, _commands.Exec.Router.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SendEndAsync(ExecHandle exec)
    {
        try
        {
            await exec.Started.ConfigureAwait(false);
            await _commands.Exec.WriteInputAsync(exec, 0, ByteString.Empty, endOfInput: true, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModalException)
        {
            // The sandbox has ended, and the watch with it; or it cannot be reached, and its own end will end the watch.
        }
    }
}
