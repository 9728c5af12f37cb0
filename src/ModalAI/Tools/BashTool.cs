using System.Text;

namespace ModalAI.Tools;

/// <summary>Runs a command line in the sandbox's shell.</summary>
internal static class BashTool
{
    /// <summary>
    /// $1 is the command line, $2 the directory or nothing. What is set here keeps programs from waiting for somebody who types, and from drawing; what the
    /// sandbox sets itself is left alone. The shells replace this one, so that nothing stands between Modal's time limit and the command.
    /// </summary>
    private const string Script =
        """
        export CI="${CI-1}" TERM="${TERM-dumb}" NO_COLOR="${NO_COLOR-1}" PAGER="${PAGER-cat}" GIT_PAGER="${GIT_PAGER-cat}"
        export GIT_TERMINAL_PROMPT="${GIT_TERMINAL_PROMPT-0}" DEBIAN_FRONTEND="${DEBIAN_FRONTEND-noninteractive}"
        export PYTHONUNBUFFERED="${PYTHONUNBUFFERED-1}" PIP_DISABLE_PIP_VERSION_CHECK="${PIP_DISABLE_PIP_VERSION_CHECK-1}"
        case $2 in
          '') ;;
          /*) cd "$2" ;;
          '~/'*) cd "$HOME/${2#'~/'}" ;;
          *) cd "./$2" ;;
        esac || { echo "The command was not run: workdir is no directory that can be entered."; exit 125; }
        command -v bash >/dev/null 2>&1 && exec bash -c -- "$1"
        exec /bin/sh -c -- "$1"
        """;

    /// <summary>Takes a command line that is too long for an argument from standard input, and leaves the command none, as others have none.</summary>
    private const string Loader = """modalai_command=$(cat); exec </dev/null; eval "$modalai_command" """;

    /// <param name="sandbox">The sandbox.</param>
    /// <param name="command">The command line.</param>
    /// <param name="timeout">Its time limit.</param>
    /// <param name="workingDirectory">Where to run it; null for the sandbox's working directory.</param>
    /// <param name="note">What to say besides the exit code; null for nothing.</param>
    /// <param name="cancellationToken">Kills the command, and throws.</param>
    public static async Task<string> RunAsync(
        ModalSandbox sandbox, string command, TimeSpan timeout, string? workingDirectory, string? note, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(command);
        var isLong = bytes.Length > ToolLimits.ArgumentBytes;
        using var input = new MemoryStream(bytes, writable: false);
        var result = await sandbox.ExecuteAsync(
            ModalCommand.Create("/bin/sh", "-c", Script, "sh", isLong ? Loader : command, workingDirectory ?? "") with
            {
                MergeOutput = true,
                Timeout = timeout,
                MaxOutputBytes = ToolLimits.CapturedBytes,
                StandardInput = isLong ? input : null,
            },
            cancellationToken).ConfigureAwait(false);

        // Our line is always the first: nothing that the command prints can pass for it.
        var output = OutputText.Fit(result);
        return $"{Describe(result, timeout)}{(note is null ? "" : $"; {note}")}\n{(output.Length == 0 ? "(no output)" : output)}";
    }

    private static string Describe(ModalCommandResult result, TimeSpan timeout)
    {
        var limit = $"{Math.Ceiling(timeout.TotalSeconds):0} s";
        return result switch
        {
            { TimedOut: true } =>
                $"timed out: killed after {limit}, its output until then is below. Give a longer timeout_seconds, or run it in the background with its "
                + "output in a file",
            { ExitCode: 137 } =>
                $"exit code 137: killed by signal 9 after {result.Duration.TotalSeconds:0.#} s, before its limit of {limit}; it may have run out of memory",
            _ => $"exit code {result.ExitCode}",
        };
    }
}
