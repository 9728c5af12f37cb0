using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace ModalAI.Emulator;

/// <summary>The emulator as a program of its own: listens until it is told to stop.</summary>
internal static class EmulatorProgram
{
    private const int Failed = 1;
    private const int BadArguments = 2;

    private static readonly Option<int> Port = new("--port") { Description = "The loopback port to listen on; 0 for any that is free.", HelpName = "N" };

    private static readonly Option<int?> ControlPort = new("--control-port")
    {
        Description = "The loopback port of the control endpoint, by which faults are asked for and the ledger is read; 0 for any that is free. None if not given.",
        HelpName = "N",
    };

    private static readonly Option<int> Delay = new("--delay-ms") { Description = "Milliseconds added to every RPC, as the way to a far server would.", HelpName = "N" };

    private static readonly Option<string> State = new("--state")
    {
        Description = "Where volumes live, and stay for the next run, and sandboxes while they run; a temporary folder, removed at the end, if not given.",
        HelpName = "DIR",
    };

    private static readonly Option<string[]> Images = new("--image")
    {
        Description = "A directory with the root file system that an image tag stands for; may be repeated.",
        HelpName = "TAG=DIR",
    };

    private static readonly Option<string[]> Buckets = new("--bucket")
    {
        Description = "A directory that a cloud bucket of this name stands for; may be repeated.",
        HelpName = "NAME=DIR",
    };

    private static readonly Option<bool> AcceptGpus = new("--accept-gpus")
    {
        Description = "Accepts requests for GPUs, and records them, though no sandbox gets one.",
    };

    /// <summary>Runs the program and gives its exit code: 0 when it was told to stop, 1 when it cannot run, 2 for bad arguments.</summary>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var command = new RootCommand("Modal on this computer: the same gRPC API on a loopback port, sandboxes as isolated Linux processes.") { Port, ControlPort, Delay, State, Images, Buckets, AcceptGpus };
        command.SetAction((result, token) => ListenAsync(result, token));
        var parsed = command.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            return await ComplainAsync(string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message)), BadArguments).ConfigureAwait(false);
        }

        // The signals are this program's own business: it has to take sandboxes down before it ends.
        var configuration = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> ListenAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var loggers = LoggerFactory.Create(static logging => logging
            .AddConsole(static console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            .SetMinimumLevel(LogLevel.Warning));
        try
        {
            var emulator = await ModalEmulator.StartAsync(Read(arguments, loggers), stop.Token).ConfigureAwait(false);
            await using (emulator.ConfigureAwait(false))
            {
                await Console.Out.WriteLineAsync($"Modal emulator listening on {emulator.ServerUrl}").ConfigureAwait(false);
                if (emulator.ControlUrl is { } control)
                {
                    await Console.Out.WriteLineAsync($"Control endpoint listening on {control}").ConfigureAwait(false);
                }

                await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (ArgumentException e)
        {
            return await ComplainAsync(e.Message, BadArguments).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return await ComplainAsync(e.Message, Failed).ConfigureAwait(false);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static ModalEmulatorOptions Read(ParseResult arguments, ILoggerFactory loggers)
    {
        var options = new ModalEmulatorOptions
        {
            Port = arguments.GetValue(Port),
            ControlPort = arguments.GetValue(ControlPort),
            DelayPerRpc = TimeSpan.FromMilliseconds(arguments.GetValue(Delay)),
            StateDirectory = arguments.GetValue(State),
            LoggerFactory = loggers,
            Accept = arguments.GetValue(AcceptGpus) ? ModalEmulatorAcceptance.Gpus : ModalEmulatorAcceptance.None,
        };
        foreach (var image in arguments.GetValue(Images) ?? [])
        {
            // A tag can hold '=' no more than a directory can be empty.
            var (tag, directory) = ReadPair(image, "--image", "TAG=DIR, such as python:3.13-slim=/srv/python");
            options.Images[tag] = Path.GetFullPath(directory);
        }

        foreach (var mapped in arguments.GetValue(Buckets) ?? [])
        {
            var (bucket, directory) = ReadPair(mapped, "--bucket", "NAME=DIR, such as training-data=/srv/training");
            options.Buckets[bucket] = Path.GetFullPath(directory);
        }

        return options;
    }

    private static (string Name, string Directory) ReadPair(string given, string option, string form)
        => given.IndexOf('=', StringComparison.Ordinal) is var at and > 0 && at < given.Length - 1
            ? (given[..at], given[(at + 1)..])
            : throw new ArgumentException($"{option} takes {form}; it was given '{given}'.");

    private static async Task<int> ComplainAsync(string problem, int exitCode)
    {
        await Console.Error.WriteLineAsync(problem).ConfigureAwait(false);
        return exitCode;
    }
}
