using System.Text;
using ModalAI.Configuration;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Sandboxes;

/// <summary>Checks a command and makes the start request of it.</summary>
internal static class CommandRequests
{
    /// <summary>Modal takes this many bytes of arguments in all.</summary>
    public const int MaxArgumentBytes = SandboxOptionRules.MaxCommandBytes;

    /// <summary>
    /// Variable by which a command and all that it starts are found again when they are to be killed: Modal has no call for that, and children
    /// inherit the environment whatever sessions and groups they move to.
    /// </summary>
    public const string MarkerVariable = "MODALAI_EXEC_ID";

    /// <exception cref="ModalException">Modal would refuse the command (<see cref="ModalErrorCode.InvalidArgument"/>).</exception>
    public static void Validate(ModalCommand command)
    {
        var bytes = 0L;
        foreach (var argument in command.Arguments)
        {
            if (argument is null || argument.Contains('\0'))
            {
                throw ModalErrors.InvalidArgument("An argument of the command is null or holds a NUL character; neither can be passed to a program.");
            }

            bytes += Encoding.UTF8.GetByteCount(argument);
        }

        if (bytes > MaxArgumentBytes)
        {
            throw ModalErrors.InvalidArgument(
                $"The command is {bytes} bytes long; Modal takes {MaxArgumentBytes}. Write the script to a file in the sandbox and run that, or pass data on standard input.");
        }

        if (command.WorkingDirectory is { } directory && !directory.StartsWith('/'))
        {
            throw ModalErrors.InvalidArgument($"The working directory '{directory}' is not absolute; it must start with '/'.");
        }

        foreach (var (name, value) in command.EnvironmentVariables)
        {
            if (!ModalNames.IsEnvironmentVariableName(name))
            {
                throw ModalErrors.InvalidArgument(
                    $"'{name}' is not the name of an environment variable: letters, digits and underscores, not starting with a digit.");
            }

            if (value is null || value.Contains('\0'))
            {
                throw ModalErrors.InvalidArgument($"The value of the environment variable '{name}' is null or holds a NUL character; neither can be passed to a program.");
            }
        }

        if (PtyRequests.FindError(command.Pty) is { } error)
        {
            throw ModalErrors.InvalidArgument(error);
        }

        if (command.MergeOutput && (command.DiscardOutput || command.DiscardError))
        {
            throw ModalErrors.InvalidArgument(
                "MergeOutput writes standard error into standard output, so that neither can be thrown away alone: set it, or DiscardOutput and DiscardError.");
        }

        if (command.MaxOutputBytes < 1)
        {
            throw ModalErrors.InvalidArgument($"MaxOutputBytes is {command.MaxOutputBytes}; it must be at least 1.");
        }
    }

    /// <summary>The marker as the only environment of a command.</summary>
    public static SecretSource MarkerOf(string execId) => new() { Env = new StringMap { Contents = { [MarkerVariable] = execId } } };

    /// <exception cref="ModalException">The time limit, the command's own or the sandbox's, is none (<see cref="ModalErrorCode.InvalidArgument"/>).</exception>
    public static TaskExecStartRequest Create(ModalCommand command, string execId, TimeSpan? timeout, IEnumerable<SecretSource> sources)
    {
        var request = new TaskExecStartRequest
        {
            ExecId = execId,
            StdoutConfig = command.DiscardOutput ? TaskExecStdoutConfig.Devnull : TaskExecStdoutConfig.Pipe,
            StderrConfig = command switch
            {
                { DiscardError: true } => TaskExecStderrConfig.Devnull,
                { MergeOutput: true, Pty: null } => TaskExecStderrConfig.Stdout,
                _ => TaskExecStderrConfig.Pipe,
            },
            PtyInfo = PtyRequests.Create(command.Pty),
        };
        request.CommandArgs.AddRange(command.Arguments);
        request.SecretSources.AddRange(sources);
        if (timeout is { } limit)
        {
            if (limit <= TimeSpan.Zero || limit > SandboxOptionRules.MaxTimeout)
            {
                throw ModalErrors.InvalidArgument(
                    $"The command's time limit is {limit}; it must be longer than zero and at most {SandboxOptionRules.MaxTimeout.TotalHours:0} hours, the longest life of a sandbox. Timeout.InfiniteTimeSpan is for none.");
            }

            request.TimeoutSecs = SandboxDefinitions.WholeSeconds(limit);
        }

        if (command.WorkingDirectory is { } directory)
        {
            request.Workdir = directory;
        }

        return request;
    }
}
