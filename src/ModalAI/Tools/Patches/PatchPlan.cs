using System.Text;

namespace ModalAI.Tools.Patches;

/// <summary>What a patch makes of the files that it names, one step after the other: a step meets what those before it have made.</summary>
internal sealed class PatchPlan
{
    private readonly IReadOnlyList<PatchFile> _steps;
    private readonly FileToolContext _context;
    private readonly List<PlannedFile> _files = [];
    private readonly Dictionary<string, int> _indexes = [];

    public PatchPlan(IReadOnlyList<PatchFile> steps, FileToolContext context)
    {
        _steps = steps;
        _context = context;
        foreach (var step in steps)
        {
            // What is needed of a file is what its first step needs.
            Plan(step.Path, step switch { PatchAdd => FileNeed.State, PatchDelete => FileNeed.Entry, _ => FileNeed.Content });
            if (step is PatchUpdate { MoveTo: { } target })
            {
                Plan(target, FileNeed.State);
            }
        }
    }

    public IReadOnlyList<FileRequest> Requests => [.. _files.Select(static file => file.Request)];

    /// <summary>The changes that come out, once they were planned.</summary>
    public IReadOnlyList<FileChange> Changes =>
    [
        .. _files.Select(static (file, index) => (File: file, Index: index))
            .Where(static item => item.File.IsChanged)
            .Select(static item => new FileChange(item.Index, item.File.Content, item.File.Like)),
    ];

    /// <summary>What is wrong with it, whatever the files hold; null where nothing is.</summary>
    public string? FindProblem()
    {
        if (_files.Count > _context.Limits.PatchFiles || _files.Sum(static file => Encoding.UTF8.GetByteCount(file.Request.Path) + 16) > ToolLimits.ArgumentBytes / 2)
        {
            return $"it names {_files.Count} files; at most {_context.Limits.PatchFiles} are taken, and fewer where their names are long. Send it in parts";
        }

        if (_steps.Count > _context.Limits.PatchFiles)
        {
            return $"it has {_steps.Count} steps; at most {_context.Limits.PatchFiles} are taken. Send it in parts";
        }

        var tooLong = _files.Find(static file => Encoding.UTF8.GetByteCount(file.Request.Path) >= ToolLimits.PathBytes);
        var directory = _files.Find(static file => file.Request.Path.EndsWith('/'));
        return tooLong is not null ? $"it has a path of {tooLong.Request.Path.Length} characters, which is too long"
            : directory is not null ? $"{ToolText.Quote(directory.Request.Path)} names a directory; leave the slash at its end out, or give the path of a file"
            : null;
    }

    /// <summary>Works out the changes.</summary>
    /// <param name="states">What was found.</param>
    /// <param name="tool">Name of the tool.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Why it can't be done; null where it can.</returns>
    public ToolReply? Apply(IReadOnlyList<FileState> states, string tool, CancellationToken cancellationToken)
    {
        for (var i = 0; i < states.Count; i++)
        {
            _files[i].Existed = states[i].Exists;
            _files[i].Content = states[i].Exists ? states[i].Content : null;
            var twin = states.Take(i).FirstOrDefault(other => other.Identity != "-" && other.Identity == states[i].Identity);
            if (twin is not null)
            {
                return Fail(ToolFailure.InvalidArgument, $"{ToolText.Quote(twin.Path)} and {ToolText.Quote(states[i].Path)} are the same file. Name it one way only.");
            }
        }

        foreach (var step in _steps)
        {
            if (Apply(step) is { } failure)
            {
                return failure;
            }
        }

        return Changes.Count == 0 ? Fail(ToolFailure.InvalidArgument, "the files are so already.") : null;

        ToolReply Fail(ToolFailure failure, string text) => ToolReply.Fail(failure, $"{tool} changed nothing: {text}");

        ToolReply? Apply(PatchFile step)
        {
            var index = _indexes[step.Path];
            var file = _files[index];
            var name = ToolText.Quote(step.Path);
            if (step is PatchAdd add)
            {
                file.Set(Encoding.UTF8.GetBytes(string.Concat(add.Lines.Select(static line => $"{line}\n"))));
                return file.Content!.Length > _context.Limits.WrittenBytes ? TooLarge(name, file.Content.Length) : null;
            }

            if (file.Content is null)
            {
                return Fail(ToolFailure.NotFound, $"{name} (line {step.Line} of the patch) was deleted or moved by an earlier step of it.");
            }

            if (step is not PatchUpdate update)
            {
                file.Set(null);
                return null;
            }

            var outcome = PatchChunks.Apply(file.Content, update.Chunks, _context.Words, cancellationToken);
            if (outcome.Content is null)
            {
                return Fail(outcome.Failure, $"in {name} {outcome.Message}");
            }

            if (outcome.Content.Length > _context.Limits.WrittenBytes)
            {
                return TooLarge(name, outcome.Content.Length);
            }

            if (update.MoveTo is null || update.MoveTo == update.Path)
            {
                file.Set(outcome.Content);
                return null;
            }

            var target = _files[_indexes[update.MoveTo]];
            target.Set(outcome.Content);
            target.Like = target.Existed ? null : file.Existed ? index : file.Like;
            file.Set(null);
            return null;
        }

        ToolReply TooLarge(string name, int length) =>
            Fail(ToolFailure.TooLarge, $"{name} would get {length} bytes, more than the {_context.Limits.WrittenBytes} that are written.");
    }

    /// <summary>What was done, a line for each file: A made, M changed, D deleted.</summary>
    public string Describe()
    {
        var lines = _files
            .Where(static file => file.IsChanged)
            .Select(static file => (Mark: file.Content is null ? 'D' : file.Existed ? 'M' : 'A', file.Request.Path))
            .OrderBy(static line => "AMD".IndexOf(line.Mark, StringComparison.Ordinal));
        return "Success. Updated the following files:\n" + string.Join('\n', lines.Select(static line => $"{line.Mark} {ToolText.Escape(line.Path)}"));
    }

    private void Plan(string path, FileNeed need)
    {
        if (!_indexes.TryGetValue(path, out var index))
        {
            _indexes.Add(path, _files.Count);
            _files.Add(new PlannedFile(new FileRequest(path, need)));
        }
        else if (_files[index].Request.Need == FileNeed.Entry)
        {
            // Deleted first and made again after that: it is replaced.
            _files[index] = new PlannedFile(new FileRequest(path, FileNeed.State));
        }
    }

    private sealed class PlannedFile(FileRequest request)
    {
        private bool _isSet;

        public FileRequest Request { get; } = request;

        public bool Existed { get; set; }

        public byte[]? Content { get; set; }

        public bool IsChanged => _isSet && (Content is not null || Existed);

        public int? Like { get; set; }

        public void Set(byte[]? content)
        {
            _isSet |= content is null || Content is null || Request.Need != FileNeed.Content || !content.AsSpan().SequenceEqual(Content);
            Content = content;
        }
    }
}
