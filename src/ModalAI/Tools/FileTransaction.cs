using System.Globalization;
using System.Text;

namespace ModalAI.Tools;

/// <summary>
/// Reads files and changes them, all of them or none, as one command: the sandbox says what is there, what becomes of it is decided here, and the sandbox does
/// it, unless a file has changed in between. A file that is there is written in place, so that it keeps its owner, its mode, and what links to it. When a
/// write fails, what was done before is undone.
/// </summary>
internal sealed partial class FileTransaction : IAsyncDisposable
{
    /// <summary>Names of a directory's entries that come with a file that is missing.</summary>
    private const int MaxDetailBytes = 128 * 1024;

    private const int MaxJoinedBytes = 1024 * 1024;

    private const int MaxToldChars = 200;

    private readonly FileToolContext _context;
    private readonly FileTurn _turn;
    private readonly ToolConversation _conversation;

    private FileTransaction(FileToolContext context, FileTurn turn, ToolConversation conversation, IReadOnlyList<FileState> files)
    {
        _context = context;
        _turn = turn;
        _conversation = conversation;
        Files = files;
    }

    /// <summary>What was found, in the order of the requests.</summary>
    public IReadOnlyList<FileState> Files { get; }

    /// <summary>Reads the files, when all changes of this sandbox's files that were begun before are over.</summary>
    public static async Task<FileTransaction> OpenAsync(FileToolContext context, IReadOnlyList<FileRequest> requests, CancellationToken cancellationToken)
    {
        var turn = await FileTurn.TakeAsync(context.Sandbox, cancellationToken).ConfigureAwait(false);
        try
        {
            return await OpenAsync(context, turn, requests, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>What to tell of the first file that can't be worked with; null where all can.</summary>
    /// <param name="tool">Name of the tool.</param>
    public ToolReply? FindProblem(string tool)
    {
        var (words, seen) = (_context.Words, _context.Seen);
        foreach (var file in Files)
        {
            var name = ToolText.Quote(file.Path);
            var status = file.Answer.Status;
            if (status == "large")
            {
                return ToolReply.Fail(
                    ToolFailure.TooLarge,
                    $"{name} has {file.Answer.Detail} bytes; {tool} takes {_context.Limits.EditedFileBytes}.{ToolWords.Use(words.Shell, "with sed, awk or a script")}");
            }

            if (status == "full")
            {
                return ToolReply.Fail(
                    ToolFailure.TooLarge,
                    $"{name} and the files before it have more than {_context.Limits.EditedBytes} bytes in all; {tool} takes no more in one call. Change them in several calls.");
            }

            if (status == "failed")
            {
                return Failed(file, tool, file.Answer.Detail, NothingChanged);
            }

            if (!file.Exists && !(file.IsAbsent && file.Need == FileNeed.State))
            {
                return file.Answer.DescribeFailure(file.Path, tool, words);
            }

            if (seen is null || !file.Exists || file.Need == FileNeed.Entry)
            {
                continue;
            }

            var stamp = seen.Find(_context.Sandbox, file.Identity);
            if (stamp is null && seen.RequiresRead)
            {
                return ToolReply.Fail(ToolFailure.Changed, $"{name} was not changed: it exists and has not been read yet.{ToolWords.Use(words.Read, $"on it first, then {tool}")}");
            }

            if (stamp is not null && stamp != file.Stamp)
            {
                return Changed(file, tool, words);
            }
        }

        return null;
    }

    /// <summary>Lets everything be as it is.</summary>
    public async Task AbandonAsync() => await _conversation.FinishAsync().ConfigureAwait(false);

    /// <summary>Makes all changes.</summary>
    /// <param name="tool">Name of the tool.</param>
    /// <param name="changes">The changes, at most one for each file.</param>
    /// <returns>What to tell of a failure, after which all is as it was; null where all was done.</returns>
    public async Task<ToolReply?> CommitAsync(string tool, IReadOnlyList<FileChange> changes)
    {
        // What is removed may be what others are made like.
        changes = [.. changes.OrderBy(static change => change.Content is null)];
        var plan = new StringBuilder();
        var contents = changes.Where(change => !IsRename(change)).Select(static change => change.Content).OfType<byte[]>().ToList();
        plan.Append(CultureInfo.InvariantCulture, $"commit {changes.Count} {contents.Sum(static content => (long)content.Length)}\n");
        foreach (var change in changes)
        {
            var verb = change.Content is null ? "delete" : IsRename(change) ? "rename" : IsMove(change) ? "move" : "write";
            plan.Append(CultureInfo.InvariantCulture, $"{verb} {change.File} {change.Content?.Length ?? 0} ")
                .Append(change.Like?.ToString(CultureInfo.InvariantCulture) ?? "-")
                .Append('\n');
        }

        // Small contents travel together: each write is waited for.
        var buffer = new MemoryStream();
        buffer.Write(Encoding.ASCII.GetBytes(plan.ToString()));
        foreach (var content in contents)
        {
            if (buffer.Length > MaxJoinedBytes)
            {
                await _conversation.WriteAsync(buffer.ToArray()).ConfigureAwait(false);
                buffer.SetLength(0);
            }

            buffer.Write(content);
        }

        await _conversation.WriteAsync(buffer.ToArray()).ConfigureAwait(false);
        var lines = (await _conversation.FinishAsync().ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var words = (lines.FirstOrDefault() ?? "").Split(' ', 3);
        if (words[0] == "done")
        {
            Remember(lines.AsSpan(1));
            return null;
        }

        var file = words.Length > 1 && int.TryParse(words[1], CultureInfo.InvariantCulture, out var index) && index < Files.Count ? Files[index] : null;
        return (words[0], file) switch
        {
            ("changed", not null) => Changed(file, tool, _context.Words),
            ("failed", not null) => Failed(file, tool, words[^1], NothingChanged),
            ("half-failed", not null) => Failed(file, tool, words[^1], "It was only half undone: look at the files of this call before going on."),
            _ => ToolReply.Fail(
                ToolFailure.Failed, $"{tool} was stopped while it wrote, so a part of it may have been done. Look at the files of this call, then do what is missing."),
        };

        // Whether a file that goes away becomes this one, and no other; and whether it does so as it is.
        bool IsMove(FileChange change) => change.Like is { } source
            && changes.Count(other => other.Like == source) == 1
            && changes.Any(other => other.File == source && other.Content is null);
        bool IsRename(FileChange change) => IsMove(change) && change.Content.AsSpan().SequenceEqual(Files[change.Like!.Value].Content);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _conversation.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Dispose();
        }
    }

    private static ToolReply Changed(FileState file, string tool, ToolWords words) => ToolReply.Fail(
        ToolFailure.Changed,
        $"{ToolText.Quote(file.Path)} was changed by something else since it was last read, so it was left alone.{ToolWords.Use(words.Read, $"on it again, then {tool}")}");

    /// <summary>Names and reasons may be long; what is true now is told in any case.</summary>
    private string NothingChanged => "Nothing was changed." + ToolWords.Use(_context.Words.Shell, "(ls -ld, df) to see why, or give another path");

    private static ToolReply Failed(FileState file, string tool, string reason, string truth) => ToolReply.Fail(
        ToolFailure.Failed, $"{tool} failed at {ToolText.Cut(ToolText.Quote(file.Path), MaxToldChars)}: {ToolText.Cut(reason, MaxToldChars)}. {truth}");

    private void Remember(ReadOnlySpan<string> lines)
    {
        foreach (var line in lines)
        {
            if (line.Split(' ') is [_, var identity, var stamp])
            {
                _context.Seen?.Remember(_context.Sandbox, identity, stamp);
            }
        }
    }

    private static string Need(FileNeed need) => need switch { FileNeed.Content => "content", FileNeed.Entry => "entry", _ => "state" };

    private static async Task<FileTransaction> OpenAsync(
        FileToolContext context, FileTurn turn, IReadOnlyList<FileRequest> requests, CancellationToken cancellationToken)
    {
        var limit = context.Limits.EditedFileBytes;
        var conversation = await ToolConversation.StartAsync(
            context,
            Script,
            [ToolText.Number(limit), ToolText.Number(context.Limits.EditedBytes), .. requests.Select(static request => $"{Need(request.Need)}:{request.Path}")],
            cancellationToken).ConfigureAwait(false);
        try
        {
            var files = new List<FileState>();
            while (files.Count < requests.Count && files.LastOrDefault() is not { Answer.Status: "" or "failed" })
            {
                files.Add(await ReadStateAsync(conversation, requests[files.Count], limit).ConfigureAwait(false));
            }

            return new FileTransaction(context, turn, conversation, files);
        }
        catch
        {
            await conversation.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<FileState> ReadStateAsync(ToolConversation conversation, FileRequest request, int limit)
    {
        var line = await conversation.ReadLineAsync().ConfigureAwait(false);
        var words = line?.Split(' ') ?? [];
        var length = words.Length == 5 && int.TryParse(words[1], CultureInfo.InvariantCulture, out var number) ? number : -1;
        var bytes = new byte[length >= 0 && length <= limit + MaxDetailBytes ? length : 0];
        if (length != bytes.Length || await conversation.ReadAsync(bytes).ConfigureAwait(false) < length)
        {
            return new FileState(request, "-", "-", [], new ToolAnswer("", "", "", await conversation.GetResultAsync().ConfigureAwait(false)));
        }

        return words[0] is "content" or "file"
            ? new FileState(request, words[2], words[3], bytes, new ToolAnswer(words[0], words[4], "", Result: null))
            : new FileState(request, words[2], words[3], [], ToolAnswer.Parse($"{words[0]} {Encoding.UTF8.GetString(bytes)}", result: null));
    }
}
