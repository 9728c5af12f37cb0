using System.Diagnostics.CodeAnalysis;

namespace ModalAI.Tools.Patches;

/// <summary>
/// Reads patches that begin with <c>*** Begin Patch</c>. What models get wrong without leaving a doubt is taken: a shell's here-document around it, blanks around
/// its marks, an empty line for one that is left as it is, a first change without <c>@@</c>.
/// </summary>
internal sealed class PatchParser
{
    private const string Begin = "*** Begin Patch";
    private const string End = "*** End Patch";
    private const string Add = "*** Add File:";
    private const string Delete = "*** Delete File:";
    private const string Update = "*** Update File:";
    private const string Move = "*** Move to:";
    private const string EndOfFile = "*** End of File";
    private const int MaxShownChars = 80;

    private readonly string[] _lines;
    private int _next;
    private int _blankEnd;
    private string? _problem;

    private PatchParser(string[] lines)
    {
        _lines = lines;
    }

    /// <summary>Reads a patch.</summary>
    /// <param name="patch">Its text.</param>
    /// <param name="files">What it does, file after file.</param>
    /// <param name="problem">What is wrong with it: in which line, what was expected there, what was found.</param>
    public static bool TryParse(string patch, [NotNullWhen(true)] out IReadOnlyList<PatchFile>? files, [NotNullWhen(false)] out string? problem)
    {
        var parser = new PatchParser(ToolText.Lines(patch));
        files = parser.Parse();
        problem = parser._problem;
        return files is not null;
    }

    private List<PatchFile>? Parse()
    {
        SkipBlank();
        var isHereDocument = _next < _lines.Length && _lines[_next].Contains("<<", StringComparison.Ordinal) && !IsMark(Begin);
        _next += isHereDocument ? 1 : 0;
        if (!IsMark(Begin))
        {
            Expect($"'{Begin}'");
            return null;
        }

        _next++;
        var files = new List<PatchFile>();
        while (true)
        {
            SkipBlank();
            if (IsMark(End))
            {
                break;
            }

            if (ParseFile() is not { } file)
            {
                return null;
            }

            files.Add(file);
        }

        _next++;
        SkipBlank();
        if (_next < _lines.Length && !isHereDocument)
        {
            Expect($"nothing after '{End}'");
        }
        else if (files.Count == 0)
        {
            _problem = $"it changes nothing. Between '{Begin}' and '{End}' give '{Add} PATH', '{Update} PATH' or '{Delete} PATH'";
        }

        return _problem is null ? files : null;
    }

    private PatchFile? ParseFile()
    {
        var number = _next + 1;
        if (Path(Add) is { } added)
        {
            var lines = new List<string>();
            while (_next < _lines.Length && _lines[_next].StartsWith('+'))
            {
                lines.Add(_lines[_next++][1..]);
            }

            if (_next < _lines.Length && !IsFileMark() && _lines[_next].Trim().Length > 0)
            {
                Expect("a line of the new file, with '+' in front of it, or the next '*** …' line");
                return null;
            }

            return new PatchAdd(added, number, lines);
        }

        if (Path(Delete) is { } deleted)
        {
            return new PatchDelete(deleted, number);
        }

        if (Path(Update) is { } updated)
        {
            var moveTo = Path(Move);
            var chunks = _problem is null ? ParseChunks(moveTo is null) : null;
            return chunks is null ? null : new PatchUpdate(updated, number, moveTo, chunks);
        }

        Expect($"'{Add} PATH', '{Update} PATH', '{Delete} PATH' or '{End}'");
        return null;
    }

    private List<PatchChunk>? ParseChunks(bool isRequired)
    {
        var chunks = new List<PatchChunk>();
        while (_next < _lines.Length && !IsFileMark())
        {
            // Blank lines between the parts of a patch say nothing.
            if (_lines[_next].Trim().Length == 0 && IsBlankUntilMark())
            {
                SkipBlank();
                continue;
            }

            if (ParseChunk(chunks.Count == 0) is not { } chunk)
            {
                return null;
            }

            chunks.Add(chunk);
        }

        if (chunks.Count > 0 || !isRequired)
        {
            return chunks;
        }

        Expect("'@@', or a line of the file with ' ', '-' or '+' in front of it");
        return null;
    }

    private PatchChunk? ParseChunk(bool isFirst)
    {
        var number = _next + 1;
        var anchors = new List<string>();
        while (_next < _lines.Length && _lines[_next].TrimEnd() is var line && (line == "@@" || line.StartsWith("@@ ", StringComparison.Ordinal)))
        {
            var anchor = line.Length > 3 ? line[3..] : "";
            if (anchor.Length > 0 && !IsUnifiedHeader(anchor))
            {
                anchors.Add(anchor);
            }

            _next++;
        }

        if (_next + 1 == number && !isFirst)
        {
            Expect("'@@' before the next change, or a line of the file with ' ', '-' or '+' in front of it");
            return null;
        }

        var lines = new List<(char Mark, string Text)>();
        while (_next < _lines.Length && !IsFileMark() && !IsMark(EndOfFile))
        {
            var line = _lines[_next];
            if (line.Length > 0 && line[0] is ' ' or '+' or '-')
            {
                lines.Add((line[0], line[1..]));
            }
            else if (line.Length == 0 && !IsBlankUntilMark())
            {
                lines.Add((' ', ""));
            }
            else
            {
                break;
            }

            _next++;
        }

        var isAtEnd = IsMark(EndOfFile);
        _next += isAtEnd ? 1 : 0;
        if (lines.Exists(static line => line.Mark != ' '))
        {
            return new PatchChunk(number, anchors, lines, isAtEnd);
        }

        if (lines.Count > 0)
        {
            _problem = $"the change from line {number} on changes nothing: it has no line that begins with '-' or '+'";
        }
        else
        {
            Expect("a line of the file with ' ', '-' or '+' in front of it");
        }

        return null;
    }

    /// <summary>The path behind a mark, which is passed; null where the line has another mark.</summary>
    private string? Path(string mark)
    {
        if (_problem is not null || _next == _lines.Length || !_lines[_next].Trim().StartsWith(mark, StringComparison.Ordinal))
        {
            return null;
        }

        var path = _lines[_next].Trim()[mark.Length..].Trim();
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            Expect($"'{mark} PATH'");
            return null;
        }

        _next++;
        return path;
    }

    private bool IsMark(string mark) => _next < _lines.Length && _lines[_next].Trim() == mark;

    private bool IsFileMark()
    {
        var line = _lines[_next].TrimStart();
        return !_lines[_next].StartsWith(' ') && line.StartsWith("*** ", StringComparison.Ordinal) && line.Trim() != EndOfFile;
    }

    /// <summary>Whether the blank line that is next, and those after it, stand before a mark or at the end. Each line is looked at once, however many there are.</summary>
    private bool IsBlankUntilMark()
    {
        for (_blankEnd = Math.Max(_blankEnd, _next); _blankEnd < _lines.Length && _lines[_blankEnd].Trim().Length == 0; _blankEnd++)
        {
        }

        return _blankEnd == _lines.Length || _lines[_blankEnd].StartsWith("*** ", StringComparison.Ordinal);
    }

    private void SkipBlank()
    {
        while (_next < _lines.Length && _lines[_next].Trim().Length == 0)
        {
            _next++;
        }
    }

    /// <summary>Whether it is what other kinds of patches have there: numbers of lines, which say nothing here.</summary>
    private static bool IsUnifiedHeader(string anchor) => anchor.StartsWith('-') && anchor.TrimEnd().EndsWith("@@", StringComparison.Ordinal);

    private void Expect(string expected) =>
        _problem ??= _next < _lines.Length
            ? $"line {_next + 1} should be {expected}, but is {ToolText.Quote(ToolText.Cut(_lines[_next], MaxShownChars))}"
            : $"it ends after line {_lines.Length}, where {expected} should follow";
}
