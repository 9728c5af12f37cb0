namespace ModalAI.Tools;

/// <summary>Several replacements in one content.</summary>
internal static class FileEdits
{
    private const int MaxShown = 10;

    /// <summary>Makes them one after the other: each one meets what those before it have made. When one can't be made, none is.</summary>
    public static EditOutcome Apply(byte[] content, IReadOnlyList<FileEdit> edits, ToolWords words, int maxBytes, CancellationToken cancellationToken)
    {
        if (edits.Count == 1)
        {
            return edits[0].Apply(content, words, maxBytes);
        }

        var messages = new List<string>();
        foreach (var edit in edits)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var outcome = edit.Apply(content, words, maxBytes);
            var place = $"edit {messages.Count + 1} of {edits.Count}";
            if (outcome.Content is null)
            {
                return outcome with { Message = $"none of its {edits.Count} edits was made, for at {place} {outcome.Message}" };
            }

            content = outcome.Content;
            messages.Add($"{place}: {outcome.Message}");
        }

        return edits.Count == 0
            ? new EditOutcome(null, "no edit was given.", ToolFailure.InvalidArgument)
            : new EditOutcome(content, string.Join('\n', messages.Take(MaxShown)) + (messages.Count > MaxShown ? $"\n(and {messages.Count - MaxShown} more)" : ""));
    }
}
