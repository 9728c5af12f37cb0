namespace ModalAI.Tools;

/// <summary>
/// Runs a tool's work in the sandbox as one command. A script gets what the model wrote as arguments, never as text of its own, and keeps to what
/// BusyBox offers too. The first line that it prints says how it went.
/// </summary>
internal static class ToolScript
{
    /// <summary>Stands before every script. Names that begin with a dash are taken for names, since they get a directory.</summary>
    private const string Prelude =
        """
        export LC_ALL=C TZ=UTC0
        place() {
          case $1 in
            . | /*) f=$1 ;;
            '~/'*) f=$HOME/${1#'~/'} ;;
            *) f=./$1 ;;
          esac
        }
        checksum() { { cksum || md5sum; } 2>/dev/null; }

        """;

    /// <summary>Begins scripts that read a file $1: goes on with its place in f, or says why it can't be read.</summary>
    public const string ReadableFile =
        """
        place "$1"
        if [ -d "$f" ]; then
          echo directory
          ls -A "$f" | head -n 30
          exit
        elif [ ! -e "$f" ]; then
          d=${f%/*}
          d=${d:-/}
          if [ -L "$f" ]; then
            echo "dangling $(readlink "$f")"
          elif [ -d "$d" ]; then
            echo "missing $PWD"
            ls -A "$d" | head -c 65536
          else
            echo "orphan $PWD"
          fi
          exit
        elif [ ! -f "$f" ]; then
          echo special
          exit
        elif [ ! -r "$f" ]; then
          echo denied
          exit
        fi

        """;

    public static async Task<ToolAnswer> RunAsync(
        ModalSandbox sandbox, string script, IEnumerable<string> arguments, int maxOutputBytes, Stream? input, CancellationToken cancellationToken)
    {
        var command = ModalCommand.Create("/bin/sh", ["-c", Prelude + script, "sh", .. arguments]) with
        {
            Timeout = ToolLimits.WorkTimeout,
            MaxOutputBytes = maxOutputBytes,
            StandardInput = input,
        };
        var result = await sandbox.ExecuteAsync(command, cancellationToken).ConfigureAwait(false);
        var output = result.StandardOutput;
        var end = output.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0)
        {
            return new ToolAnswer("", "", "", result);
        }

        var space = output.AsSpan(0, end).IndexOf(' ');
        return space < 0
            ? new ToolAnswer(output[..end], "", output[(end + 1)..], result)
            : new ToolAnswer(output[..space], output[(space + 1)..end], output[(end + 1)..], result);
    }
}
