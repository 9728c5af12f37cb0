using System.Globalization;

namespace ModalAI.Tools;

/// <summary>
/// Writes a whole file in the sandbox. A file that is there is written in place, so that it keeps its owner, its mode, and what links to it. The content
/// first arrives as a whole in a file without a name: a connection that breaks leaves the target as it was, and nothing else behind. What is not
/// atomic is the copy after that, within the sandbox: a full disk or the sandbox's end can leave a part.
/// </summary>
internal static class FileWrite
{
    /// <summary>$1 file, $2 number of bytes on standard input, $3 checksum of what is replaced, or nothing where that does not matter.</summary>
    private const string Script =
        """
        place "$1"
        d=${f%/*}
        d=${d:-/}
        if [ -d "$f" ]; then
          echo directory
          ls -A "$f" | head -n 30
          exit
        elif [ -e "$f" ] && [ ! -f "$f" ]; then
          echo special
          exit
        elif ! error=$(mkdir -p "$d" 2>&1); then
          echo "failed $error"
          exit
        fi
        t=$(mktemp 2>/dev/null) || t=$(mktemp "$d/.modalai.XXXXXX" 2>&1) || { echo "failed $t"; exit; }
        exec 3>"$t" 4<"$t" 5<"$t"
        rm -f "$t"
        cat >&3
        exec 3>&-
        n=$(wc -c <&4)
        if [ "$((n))" -ne "$2" ]; then
          echo "failed only $((n)) of $2 bytes arrived; nothing was written"
          exit
        elif [ -n "$3" ] && [ "$(checksum <"$f")" != "$3" ]; then
          echo changed
          exit
        fi
        done=created
        [ ! -e "$f" ] || done=replaced
        if error=$( { cat <&5 >"$f"; } 2>&1 ); then
          echo "$done"
        else
          echo "failed $error"
        fi
        """;

    /// <returns><c>created</c>, <c>replaced</c>, <c>changed</c> when the file is not what was to be replaced, or a failure.</returns>
    public static async Task<ToolAnswer> RunAsync(ModalSandbox sandbox, string path, byte[] content, string? checksum, CancellationToken cancellationToken)
    {
        using var input = new MemoryStream(content, writable: false);
        return await ToolScript.RunAsync(
            sandbox,
            Script,
            [path, content.Length.ToString(CultureInfo.InvariantCulture), checksum ?? ""],
            ToolLimits.CapturedBytes,
            input,
            cancellationToken).ConfigureAwait(false);
    }
}
