using System.Text;

namespace ModalAI.Configuration;

/// <summary>
/// Reads dotenv files. Values are secret: no message has one. Variables are not expanded, since what a secret holds should not depend on the computer that
/// reads it.
/// </summary>
internal sealed class DotenvReader
{
    private readonly string _text;
    private int _at;
    private int _line = 1;

    private DotenvReader(string text)
    {
        _text = text;
    }

    private bool IsAtEnd => _at >= _text.Length;

    /// <summary>Names and values; of a name that comes twice, the last.</summary>
    /// <exception cref="FormatException">A line is not understood.</exception>
    internal static Dictionary<string, string> Read(string text)
    {
        // One kind of line break, as Unix tools that read the same file would have.
        var reader = new DotenvReader(text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'));
        return reader.ReadAll();
    }

    /// <exception cref="FormatException">The file is too long, or not UTF-8.</exception>
    internal static string ReadText(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return BoundedText.Read(stream);
    }

    private Dictionary<string, string> ReadAll()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        while (true)
        {
            SkipBlanks();
            if (IsAtEnd)
            {
                return values;
            }

            if (_text[_at] is not ('\n' or '#'))
            {
                var line = _line;
                var name = ReadName();
                var value = ReadValue();
                values[name] = value.Contains('\0', StringComparison.Ordinal) ? throw Error(line, "the value has a NUL character, which no process can be given") : value;
            }

            EndLine();
        }
    }

    private string ReadName()
    {
        var name = ReadWord();
        if (name == "export" && !IsAtEnd && _text[_at] is (' ' or '\t'))
        {
            SkipBlanks();

            // 'export =x' is a variable of that name.
            if (!IsAtEnd && _text[_at] != '=')
            {
                name = ReadWord();
            }
        }

        SkipBlanks();
        if (IsAtEnd || _text[_at] != '=')
        {
            throw Error(_line, "there is no '=' after the name; write NAME=value");
        }

        _at++;
        return ModalNames.IsEnvironmentVariableName(name) ? name : throw Error(_line, $"what stands before '=' is not a name: {ModalNames.EnvironmentVariableNameRule}");
    }

    private string ReadValue()
    {
        SkipBlanks();
        return IsAtEnd ? "" : _text[_at] switch
        {
            '\'' => ReadSingleQuoted(),
            '"' => ReadDoubleQuoted(),
            _ => ReadUnquoted(),
        };
    }

    private string ReadUnquoted()
    {
        var start = _at;
        while (!IsAtEnd && _text[_at] != '\n' && !(_text[_at] == '#' && _text[_at - 1] is (' ' or '\t')))
        {
            _at++;
        }

        return _text[start.._at].Trim();
    }

    private string ReadSingleQuoted()
    {
        var start = _line;
        var end = _text.IndexOf('\'', _at + 1);
        if (end < 0)
        {
            throw Error(start, "the value's single quote is not closed");
        }

        var value = _text[(_at + 1)..end];
        _line += value.Count(static c => c == '\n');
        _at = end + 1;
        CheckRest(start);
        return value;
    }

    private string ReadDoubleQuoted()
    {
        var start = _line;
        var value = new StringBuilder();
        for (_at++; !IsAtEnd; _at++)
        {
            switch (_text[_at])
            {
                case '"':
                    _at++;
                    CheckRest(start);
                    return value.ToString();
                case '\\' when _at + 1 < _text.Length:
                    Unescape(value, _text[++_at]);
                    break;
                case var c:
                    _line += c == '\n' ? 1 : 0;
                    value.Append(c);
                    break;
            }
        }

        throw Error(start, "the value's double quote is not closed");
    }

    private void Unescape(StringBuilder value, char escaped)
    {
        _line += escaped == '\n' ? 1 : 0;
        _ = escaped switch
        {
            'n' => value.Append('\n'),
            'r' => value.Append('\r'),
            't' => value.Append('\t'),
            '"' or '\\' or '$' or '\'' or '`' => value.Append(escaped),

            // What is no escape stays as it is, the backslash too.
            _ => value.Append('\\').Append(escaped),
        };
    }

    /// <summary>After a quote there may be a comment only: anything else would be lost.</summary>
    private void CheckRest(int line)
    {
        SkipBlanks();
        if (!IsAtEnd && _text[_at] is not ('\n' or '#'))
        {
            throw Error(line, "there is more after the value's closing quote");
        }
    }

    private string ReadWord()
    {
        var start = _at;
        while (!IsAtEnd && _text[_at] is not ('=' or ' ' or '\t' or '\n'))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private void SkipBlanks()
    {
        while (!IsAtEnd && _text[_at] is (' ' or '\t'))
        {
            _at++;
        }
    }

    private void EndLine()
    {
        var end = _text.IndexOf('\n', Math.Min(_at, _text.Length));
        _at = end < 0 ? _text.Length : end + 1;
        _line++;
    }

    private static FormatException Error(int line, string problem) => new($"line {line}: {problem}.");
}
