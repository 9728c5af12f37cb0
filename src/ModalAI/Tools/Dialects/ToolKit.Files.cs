using ModalAI.Tools.Patches;

namespace ModalAI.Tools.Dialects;

/// <summary>The operations on files, with what is wrong with arguments whatever the sandbox holds.</summary>
internal sealed partial class ToolKit
{
    /// <summary>Reads a part of a file.</summary>
    /// <param name="name">The name that the dialect gives the function.</param>
    /// <param name="pathArgument">What it calls the path.</param>
    /// <param name="path">The path.</param>
    /// <param name="offsetArgument">What it calls the first line.</param>
    /// <param name="offset">The first line, as the dialect counts.</param>
    /// <param name="limitArgument">What it calls the number of lines.</param>
    /// <param name="limit">The number of lines.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Text, or contents.</returns>
    public async Task<object> ReadAsync(
        string name, string pathArgument, string path, string offsetArgument, int offset, string limitArgument, int limit, CancellationToken cancellationToken)
    {
        if ((ToolProblems.OfFile(pathArgument, path) ?? OfCount(offsetArgument, offset, 0) ?? OfCount(limitArgument, limit, 1)) is { } problem)
        {
            return await Refuse(name, problem).ConfigureAwait(false);
        }

        var line = (int)Math.Clamp((long)offset - _words.FirstLine + 1, 1, int.MaxValue);
        return await UseMediaAsync(
            name,
            async files =>
            {
                var reply = await ReadTool.RunAsync(files, path, line, limit, cancellationToken).ConfigureAwait(false);
                return reply.Failure == ToolFailure.Binary && Options.InlineMedia
                    ? await MediaTool.RunAsync(files, path, files.Tool, imagesOnly: false, cancellationToken).ConfigureAwait(false) is var media && (media is MediaReply || media.Failure is ToolFailure.TooLarge or ToolFailure.Changed)
                        ? media
                        : reply
                    : reply;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a whole file.</summary>
    public Task<string> WriteAsync(string name, string pathArgument, string path, string content, bool mayReplace, CancellationToken cancellationToken) =>
        ToolProblems.OfFile(pathArgument, path) is { } problem
            ? Refuse(name, problem)
            : UseFilesAsync(name, files => WriteTool.RunAsync(files, path, ToolText.TryEncode(content)!, cancellationToken, mayReplace), cancellationToken);

    /// <summary>Replaces texts in a file, all or none.</summary>
    public Task<string> EditAsync(string name, string pathArgument, string path, IReadOnlyList<TextEdit> edits, CancellationToken cancellationToken)
    {
        FileEdit[] fileEdits = [.. edits.Select(static edit => new FileEdit(ToolText.TryEncode(edit.OldString)!, ToolText.TryEncode(edit.NewString)!, edit.ReplaceAll))];
        var pointless = fileEdits.Select(edit => edit.FindProblem(_words)).FirstOrDefault(static problem => problem is not null);
        return (ToolProblems.OfFile(pathArgument, path) ?? pointless) is { } problem
            ? Refuse(name, problem.TrimEnd('.'))
            : UseFilesAsync(name, files => EditTool.RunAsync(files, path, fileEdits, cancellationToken), cancellationToken);
    }

    /// <summary>Changes the files that a patch names, all or none.</summary>
    public Task<string> PatchAsync(string name, string patch, CancellationToken cancellationToken) =>
        UseFilesAsync(name, files => ApplyPatchTool.RunAsync(files, patch, files.Tool, cancellationToken), cancellationToken);

    /// <summary>Shows an image.</summary>
    /// <returns>Text, or contents.</returns>
    public async Task<object> ViewAsync(string name, string pathArgument, string path, CancellationToken cancellationToken) =>
        ToolProblems.OfFile(pathArgument, path) is { } problem
            ? await Refuse(name, problem).ConfigureAwait(false)
            : await UseMediaAsync(
                name, files => MediaTool.RunAsync(files, path, files.Tool, imagesOnly: true, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <summary>Replaces lines of a file, all or none.</summary>
    public Task<string> EditAsync(string name, string pathArgument, string path, IReadOnlyList<LineText> edits, CancellationToken cancellationToken) =>
        ToolProblems.OfFile(pathArgument, path) is { } problem
            ? Refuse(name, problem)
            : UseFilesAsync(name, files => EditTool.RunAsync(files, path, [.. edits.Select(static edit => edit.ToEdit())], cancellationToken), cancellationToken);

    /// <summary>Lists a directory; the working directory where no path is given.</summary>
    public Task<string> ListAsync(string name, string pathArgument, string? path, CancellationToken cancellationToken) =>
        ListAsync(name, pathArgument, path, "", pattern: null, cancellationToken);

    /// <summary>Lists the entries of a directory whose names match a pattern; all where there is none.</summary>
    public Task<string> ListAsync(
        string name, string pathArgument, string? path, string patternArgument, string? pattern, CancellationToken cancellationToken)
    {
        GlobPattern? names = null;
        var problem = ToolProblems.OfPath(pathArgument, path);
        if (problem is null && !string.IsNullOrWhiteSpace(pattern))
        {
            problem = ToolProblems.OfText(patternArgument, pattern, ToolLimits.GlobPatternBytes);
            problem ??= GlobPattern.TryParse(pattern, out names, out var unusable) ? null : unusable;
            problem ??= names?.Directory is not { Length: > 0 } directory ? null
                : $"{patternArgument} is for names; give the directory {ToolText.Quote(directory)} as {pathArgument}";
        }

        return problem is not null
            ? Refuse(name, problem)
            : UseFilesAsync(name, files => ListTool.RunAsync(files, path ?? "", cancellationToken, names), cancellationToken);
    }

    /// <summary>Removes a file or a directory.</summary>
    public Task<string> DeleteAsync(string name, string pathArgument, string path, bool recursive, CancellationToken cancellationToken) =>
        ToolProblems.OfText(pathArgument, path, ToolLimits.PathBytes - 1) is { } problem
            ? Refuse(name, problem)
            : UseFilesAsync(name, files => DeleteTool.RunAsync(files, path, recursive, cancellationToken), cancellationToken);

    /// <summary>Finds files by their names.</summary>
    public Task<string> GlobAsync(string name, string pattern, string pathArgument, string? path, CancellationToken cancellationToken)
    {
        if ((ToolProblems.OfPath(pathArgument, path) ?? ToolProblems.OfText("pattern", pattern, ToolLimits.GlobPatternBytes)) is { } problem)
        {
            return Refuse(name, problem);
        }

        return GlobPattern.TryParse(pattern, out var glob, out var unusable)
            ? UseFilesAsync(name, files => GlobTool.RunAsync(files, pattern, path, glob, cancellationToken), cancellationToken)
            : Refuse(name, unusable);
    }

    /// <summary>Searches the contents of files.</summary>
    public Task<string> GrepAsync(
        string name, GrepQuery query, string patternArgument, string pathArgument, string globArgument, CancellationToken cancellationToken)
    {
        var problem = ToolProblems.OfPath(pathArgument, query.Path)
            ?? ToolProblems.OfText(patternArgument, query.Pattern, ToolLimits.PatternBytes)
            ?? ToolProblems.OfText(globArgument, string.IsNullOrEmpty(query.Glob) ? null : query.Glob, ToolLimits.GlobPatternBytes);
        if (problem is not null)
        {
            return Refuse(name, problem);
        }

        return GlobPattern.TryParse(string.IsNullOrEmpty(query.Glob) ? "*" : query.Glob, out var names, out var unusable)
            ? UseFilesAsync(name, files => GrepTool.RunAsync(files, query, names, cancellationToken), cancellationToken)
            : Refuse(name, unusable);
    }

    /// <summary>What is wrong with a number; null where nothing is.</summary>
    public static string? OfCount(string argument, int count, int least) => count < least ? $"{argument} is {count}; it has to be {least} or more" : null;
}
