namespace ModalAI.Tools;

/// <summary>Removes files and directories.</summary>
internal static class DeleteTool
{
    /// <summary>$1 path, $2 whether a directory goes with what is in it. A symbolic link goes, not what it leads to.</summary>
    private const string Script =
        """
        case $1 in
          . | .. | ./ | ../ | */. | */.. | */./ | */../) echo kept; exit ;;
        esac
        place "$1"
        detail=
        status=link
        [ -L "$f" ] || look
        if [ "$status" = directory ]; then
          here=$(pwd -P)
          there=$(cd "$f" 2>/dev/null && pwd -P)
          case ${here%/}/ in "${there%/}"/*) echo kept; exit ;; esac
          if [ -z "$2" ] && [ -n "$(ls -A "$f")" ]; then
            printf 'filled \n%s' "$(ls -A "$f" | head -n 30)"
            exit
          fi
        elif [ "$status" != file ] && [ "$status" != link ] && [ "$status" != denied ] && [ "$status" != special ]; then
          printf '%s %s\n' "$status" "$detail"
          exit
        fi
        remove='rm -f'
        [ "$status" != directory ] || remove=rmdir
        [ "$status" != directory ] || [ -z "$2" ] || remove='rm -rf'
        if error=$($remove "$f" 2>&1); then
          echo "deleted $status"
        else
          echo "stuck ${error%%"$nl"*}"
        fi
        """;

    /// <param name="context">Where.</param>
    /// <param name="path">What to remove.</param>
    /// <param name="recursive">Whether a directory goes with what is in it; else only an empty one does.</param>
    /// <param name="cancellationToken">Stops; what is gone by then is gone.</param>
    public static async Task<ToolReply> RunAsync(FileToolContext context, string path, bool recursive, CancellationToken cancellationToken)
    {
        // A name that ends with a slash would be what a symbolic link leads to.
        var name = path.Length > 1 ? path.TrimEnd('/') : path;
        if (name.Length == 0 || path == "/")
        {
            return ToolReply.Fail(ToolFailure.InvalidArgument, "Nothing was deleted: the root directory is not deleted. Give the path of a file or directory in it.");
        }

        var answer = await ToolScript.RunAsync(context, Script, [name, recursive ? "1" : ""], ToolLimits.CapturedBytes, cancellationToken).ConfigureAwait(false);
        return answer.Status switch
        {
            "deleted" => new ToolReply($"deleted {(answer.Detail == "directory" ? "directory " : "")}{ToolText.Quote(path)}"),
            "kept" => ToolReply.Fail(
                ToolFailure.InvalidArgument,
                $"{ToolText.Quote(path)} was not deleted: it is the working directory, or one around it. Give the path of what is in it."),
            "filled" => ToolReply.Fail(
                ToolFailure.IsDirectory,
                $"{ToolText.Quote(path)} was not deleted: it is a directory that is not empty; it holds "
                + $"{ToolText.Cut(string.Join(", ", answer.Payload.Split('\n')), 300)}. Delete those first{(context.Words.Shell is { } shell ? $", or use {shell} (rm -r)" : "")}."),
            "stuck" => ToolReply.Fail(ToolFailure.Failed, $"{context.Tool} failed at {ToolText.Quote(path)}: {ToolText.Cut(answer.Detail, 200)}. {Left()}"),
            "" when answer.TimedOut => ToolReply.Fail(
                ToolFailure.TimedOut, $"{ToolText.Quote(path)} was not deleted within {answer.Result!.Duration.TotalSeconds:0} s, so {context.Tool} was stopped. {Left()}"),
            _ => answer.DescribeFailure(path, context.Tool, context.Words),
        };

        string Left() => recursive
            ? $"A part of it may be gone; look at what is left{(context.Words.List is { } list ? $" with {list}" : "")}."
            : "It is still there, unless something else has removed it.";
    }
}
