using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>A live sandbox. Disposing of it ends everything in it and removes its files.</summary>
internal sealed partial class IsolatedSandbox : IAsyncDisposable
{
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);

    private readonly SandboxEntrance _entrance;
    private readonly NetworkEntrance? _network;
    private readonly SandboxDirectory _directory;
    private readonly LayerStore _layers;
    private readonly ImageMounts _mounts;
    private readonly HostCommand _anchor;
    private readonly Action _removed;
    private readonly ILogger _logger;
    private readonly Lazy<Task> _ended;

    /// <param name="spec">What the sandbox was to be.</param>
    /// <param name="entrance">The way in.</param>
    /// <param name="network">The way into its network; null where that is this computer's.</param>
    /// <param name="directory">What it is made of.</param>
    /// <param name="layers">Where what it wrote can be kept.</param>
    /// <param name="mounts">Images that are mounted into it.</param>
    /// <param name="anchor">Ends when everything in the sandbox has ended.</param>
    /// <param name="removed">Called when nothing is left.</param>
    /// <param name="logger">Hears of a sandbox that does not end.</param>
    public IsolatedSandbox(
        SandboxSpec spec,
        SandboxEntrance entrance,
        NetworkEntrance? network,
        SandboxDirectory directory,
        LayerStore layers,
        ImageMounts mounts,
        HostCommand anchor,
        Action removed,
        ILogger logger)
    {
        Spec = spec;
        _entrance = entrance;
        _network = network;
        _directory = directory;
        _layers = layers;
        _mounts = mounts;
        _anchor = anchor;
        _removed = removed;
        _logger = logger;
        _ended = new Lazy<Task>(EndAsync);
    }

    public string Id => Spec.Id;

    /// <summary>What it was made of.</summary>
    public SandboxSpec Spec { get; }

    /// <summary>PID 1 of the sandbox, as this computer numbers it; /proc/PID/root is the sandbox's root.</summary>
    public int InitProcessId => _entrance.InitProcessId;

    /// <summary>The ids on this computer of the sandbox's root user.</summary>
    public (uint UserId, uint GroupId) RootOwner => _entrance.RootOwner;

    /// <summary>Whether it has a network namespace other than this computer's.</summary>
    public bool HasOwnNetwork => _entrance.HasOwnNetwork;

    /// <summary>Completes when PID 1 and everything else in the sandbox is gone, for whatever reason.</summary>
    public Task Exited => _anchor.Process.Exit;

    /// <summary>Starts a command in a session of its own.</summary>
    /// <exception cref="ProcessStartException">It could not be started; a missing program is an exit code of 127 instead.</exception>
    public IsolatedProcess Start(ProcessSpec spec)
    {
        Check(spec);
        if (_ended.IsValueCreated || Exited.IsCompleted)
        {
            throw Gone();
        }

        try
        {
            using var directory = OpenWorkingDirectory(spec.WorkingDirectory);
            if (spec.Terminal is { } size)
            {
                return StartOnTerminal(spec, directory, size);
            }

            using var input = new ProcessPipe();
            using var output = new ProcessPipe();
            using var error = spec.MergeErrorIntoOutput ? null : new ProcessPipe();
            var child = _entrance.Start(spec, directory, input.Read, output.Write, (error ?? output).Write);
            return new IsolatedProcess(child, _entrance.IsWrapped, input.TakeWriting(), output.TakeReading(), error?.TakeReading());
        }
        catch (Win32Exception exception)
        {
            throw Translate(exception);
        }
        catch (ObjectDisposedException)
        {
            throw Gone();
        }
    }

    public ValueTask DisposeAsync() => new(_ended.Value);

    private IsolatedProcess StartOnTerminal(ProcessSpec spec, SafeFileHandle directory, TerminalSize size)
    {
        using var terminal = OpenTerminal(size);
        var child = _entrance.Start(spec, directory, terminal.Child, terminal.Child, terminal.Child);
        var (input, output) = terminal.Connect();
        return new IsolatedProcess(child, _entrance.IsWrapped, input, output, error: null);
    }

    private Terminal OpenTerminal(TerminalSize size)
    {
        try
        {
            return _entrance.OpenTerminal(size);
        }
        catch (Win32Exception exception) when (!Exited.IsCompleted)
        {
            throw new ProcessStartException(ProcessStartFailure.Refused, $"A pseudo-terminal (pty) could not be opened in sandbox {Id}. {exception.Message}");
        }
    }

    private async Task EndAsync()
    {
        _entrance.Kill();
        try
        {
            await Exited.WaitAsync(EndLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogStuck(Id, EndLimit);
        }

        await _mounts.DisposeAsync().ConfigureAwait(false);
        _entrance.Dispose();
        _network?.Dispose();
        _anchor.Dispose();
        await KeepAsync().ConfigureAwait(false);
        await _directory.DeleteAsync().ConfigureAwait(false);
        _removed();
    }

    private static void Check(ProcessSpec spec)
    {
        if (spec.Arguments.Count == 0 || spec.Arguments[0].Length == 0)
        {
            throw Invalid("No program was given; give its name or path as the first argument.");
        }

        if (spec.Arguments.Any(static argument => argument.Contains('\0')) || spec.WorkingDirectory.Contains('\0'))
        {
            throw Invalid("An argument or the working directory holds a NUL character, which the kernel cannot pass on.");
        }

        // The value may be a secret: it is not named.
        foreach (var (name, value) in spec.Environment)
        {
            if (name.Length == 0 || name.Contains('=') || name.Contains('\0') || value.Contains('\0'))
            {
                throw Invalid($"The environment variable '{name}' has an empty name, a '=' in its name, or a NUL character.");
            }
        }

        static ProcessStartException Invalid(string message) => new(ProcessStartFailure.InvalidArguments, message);
    }

    private SafeFileHandle OpenWorkingDirectory(string path)
    {
        try
        {
            return _entrance.OpenDirectory(path);
        }
        catch (Win32Exception exception) when (!Exited.IsCompleted)
        {
            throw new ProcessStartException(
                ProcessStartFailure.WorkingDirectory,
                $"The working directory '{path}' cannot be used in sandbox {Id}: {exception.Message} Create it first, or give another.");
        }
    }

    private ProcessStartException Translate(Win32Exception exception)
    {
        const int TooLong = 7;
        const int NoMemory = 12;
        const int AccessDenied = 13;

        return exception.NativeErrorCode switch
        {
            TooLong => new ProcessStartException(
                ProcessStartFailure.InvalidArguments,
                "The arguments and the environment are longer than the kernel takes: at most 128 KiB each, and about 2 MiB together."),

            // A PID namespace whose PID 1 has gone takes no new process, which the kernel calls a lack of memory.
            NoMemory => Gone(),

            // The directory was found, but a plain user may not enter it.
            AccessDenied => new ProcessStartException(
                ProcessStartFailure.WorkingDirectory, $"The working directory of the command cannot be entered in sandbox {Id}. {exception.Message}"),
            _ => new ProcessStartException(ProcessStartFailure.Refused, $"A command could not be started in sandbox {Id}. {exception.Message}"),
        };
    }

    private ProcessStartException Gone() => new(ProcessStartFailure.SandboxGone, $"Sandbox {Id} has ended; nothing can be started in it. Create a new one.");

    [LoggerMessage(LogLevel.Warning, "Sandbox {Id} still has processes {Limit} after it was killed; they may wait for a device or a network file system.")]
    private partial void LogStuck(string id, TimeSpan limit);
}
