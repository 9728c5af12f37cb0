using System.Globalization;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>A command in a sandbox. Disposing of it closes the streams and ends what is left of the command.</summary>
internal sealed class IsolatedProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly ChildProcess _child;
    private readonly bool _isWrapped;

    /// <param name="child">The command itself, or what waits for it.</param>
    /// <param name="isWrapped">Whether the child only waits for the command.</param>
    /// <param name="input">The end of the pipe that is ours.</param>
    /// <param name="output">The end of the pipe that is ours.</param>
    /// <param name="error">The end of the pipe that is ours; null when merged into the output.</param>
    public IsolatedProcess(ChildProcess child, bool isWrapped, Stream input, Stream output, Stream? error)
    {
        _child = child;
        _isWrapped = isWrapped;
        StandardInput = input;
        StandardOutput = output;
        StandardError = error ?? Stream.Null;
    }

    /// <summary>Closing it is the end of the command's input.</summary>
    public Stream StandardInput { get; }

    /// <summary>Ends when every process that writes to it has ended, which may be long after <see cref="Exit"/>.</summary>
    public Stream StandardOutput { get; }

    /// <summary>Empty when merged into <see cref="StandardOutput"/>.</summary>
    public Stream StandardError { get; }

    /// <summary>The exit code, or 128 and the number of the signal that ended the command. 127: no such program; 126: not executable.</summary>
    public Task<int> Exit => _child.Exit;

    /// <summary>Ends the command and its process group by SIGKILL; does nothing once the command has exited.</summary>
    public void Kill()
    {
        if (_isWrapped)
        {
            _ = KillWrapped();
        }
        else
        {
            _child.KillGroup();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await StandardInput.DisposeAsync().ConfigureAwait(false);
        await StandardOutput.DisposeAsync().ConfigureAwait(false);
        await StandardError.DisposeAsync().ConfigureAwait(false);
        await ((Task)Exit).WaitAsync(EndLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends the group of the one child of the child, which it bears a moment after its own start, and which may then still make its group.</summary>
    private async Task KillWrapped()
    {
        var children = $"/proc/{_child.Id}/task/{_child.Id}/children";
        for (var attempt = 0; attempt < 200 && !Exit.IsCompleted; attempt++)
        {
            _child.WhileAlive(() =>
            {
                var text = File.ReadAllText(children).AsSpan().Trim();
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var command))
                {
                    _ = Libc.SendSignal(-command, Libc.Kill);
                    _ = Libc.SendSignal(command, Libc.Kill);
                }
            });
            await Task.WhenAny(Exit, Task.Delay(5)).ConfigureAwait(false);
        }
    }
}
