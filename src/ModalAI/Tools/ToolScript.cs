namespace ModalAI.Tools;

/// <summary>
/// Runs a tool's work in the sandbox as one command. A script gets what the model wrote as arguments, never as text of its own, and keeps to what
/// BusyBox offers too. The first line that it prints says how it went.
/// </summary>
internal static class ToolScript
{
    /// <summary>
    /// Stands before every script. Names that begin with a dash are taken for names, since they get a directory. <c>look</c> says what a path is; only of
    /// regular files is the content ever opened, since others may have no end. <c>stamp</c> stands for a file's content, <c>identity</c> for its real path.
    /// </summary>
    public const string Prelude =
        """
        export LC_ALL=C TZ=UTC0
        nl='
        '
        place() {
          case $1 in
            . | /*) f=$1 ;;
            '~/'*) f=$HOME/${1#'~/'} ;;
            *) f=./$1 ;;
          esac
          d=${f%/*}
          d=${d:-/}
        }
        checksum() { { cksum || md5sum; } 2>/dev/null | { read -r a b c; echo "$a-$b"; }; }
        size() { echo "$(($(stat -L -c %s "$f" 2>/dev/null || wc -c <"$f")))"; }
        stamp() {
          if [ "$(size)" -le 16777216 ]; then
            checksum <"$f"
          else
            stat -L -c '%s-%y' "$f" 2>/dev/null | tr ' ' _
          fi
        }
        identity() { { readlink -f "$f" 2>/dev/null || echo "$PWD $f"; } | checksum; }
        look() {
          if [ -d "$f" ]; then
            status=directory
            detail=$nl$(ls -A "$f" 2>/dev/null | head -n 30)
          elif [ -e "$f" ] && [ ! -f "$f" ]; then
            status=special
          elif [ -f "$f" ] && [ ! -r "$f" ]; then
            status=denied
          elif [ -f "$f" ]; then
            status=file
          elif [ -L "$f" ]; then
            status=dangling
            detail=$(readlink "$f")
          elif [ -d "$d" ]; then
            status=missing
            detail=$PWD$nl$(ls -A "$d" 2>/dev/null | head -c 65536)
          else
            status=orphan
            detail=$PWD
          fi
        }

        """;

    /// <summary>Begins scripts that read a file $1: goes on with its place in f, or says why it can't be read.</summary>
    public const string ReadableFile =
        """
        place "$1"
        detail=
        look
        if [ "$status" != file ]; then
          printf '%s %s\n' "$status" "$detail"
          exit
        fi

        """;

    public static async Task<ToolAnswer> RunAsync(
        FileToolContext context, string script, IEnumerable<string> arguments, int maxOutputBytes, CancellationToken cancellationToken)
    {
        var command = ModalCommand.Create("/bin/sh", ["-c", Prelude + script, "sh", .. arguments]) with
        {
            Timeout = context.Limits.WorkTimeout,
            MaxOutputBytes = maxOutputBytes,
        };
        var result = await context.Sandbox.ExecuteAsync(command, cancellationToken).ConfigureAwait(false);
        return ToolAnswer.Parse(result.StandardOutput, result);
    }
}
