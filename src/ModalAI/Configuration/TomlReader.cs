using System.Globalization;

namespace ModalAI.Configuration;

/// <summary>
/// Reads the part of TOML that <c>.modal.toml</c> uses: tables of strings, booleans and numbers. What is well-formed and of no use here
/// (dotted names, arrays, inline tables, dates, multi-line strings) is read over; what is malformed is an error that names the line and
/// never what stands on it, because that may be a secret.
/// </summary>
internal sealed partial class TomlReader
{
    private const int MaxDepth = 32;
    private const char End = '\0';

    private readonly string _text;
    private int _position;
    private int _line = 1;

    private TomlReader(string text) => _text = text;

    // A NUL is not allowed anywhere in TOML, so it can stand for the end: whoever meets it refuses it.
    private char Current => Peek(0);

    private bool AtEnd => _position >= _text.Length;

    /// <summary>Reads the tables in the order of the file.</summary>
    /// <exception cref="FormatException">The text is not TOML; the message begins with the line.</exception>
    internal static IReadOnlyList<TomlTable> Read(string text) => new TomlReader(text).ReadTables();

    private List<TomlTable> ReadTables()
    {
        var tables = new List<TomlTable>();
        var current = new TomlTable("", 0);
        for (SkipBlankLines(); !AtEnd; SkipBlankLines())
        {
            if (Current == '[')
            {
                var (table, isProfile) = ReadHeader();
                if (isProfile && tables.Find(other => other.Name == table.Name) is { } other)
                {
                    throw Malformed($"the table [{table.Name}] is already defined on line {other.Line}");
                }

                if (isProfile)
                {
                    tables.Add(table);
                }

                current = table;
            }
            else
            {
                ReadKeyAndValue(current);
            }

            ExpectEndOfLine();
        }

        return tables;
    }

    private (TomlTable Table, bool IsProfile) ReadHeader()
    {
        var line = _line;
        var isArray = Peek(1) == '[';
        _position += isArray ? 2 : 1;
        var names = ReadKey();
        Expect(']');
        if (isArray)
        {
            Expect(']');
        }

        return (new TomlTable(names[^1], line), !isArray && names.Count == 1);
    }

    private void ReadKeyAndValue(TomlTable table)
    {
        var line = _line;
        var names = ReadKey();
        Expect('=');
        SkipBlanks();
        var value = new TomlValue(ReadValue(0), line);
        if (names.Count == 1 && !table.Values.TryAdd(names[0], value))
        {
            throw new FormatException($"line {line}: the key is already set on line {table.Values[names[0]].Line}");
        }
    }

    /// <summary>Reads <c>name</c>, <c>"quoted name"</c>, or several with dots between them, with the blanks around.</summary>
    private List<string> ReadKey()
    {
        var names = new List<string>();
        do
        {
            SkipBlanks();
            names.Add(Current switch
            {
                '"' => ReadBasicString(),
                '\'' => ReadLiteralString(),
                _ => ReadWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-', "a name is missing"),
            });
            SkipBlanks();
        }
        while (TrySkip('.'));

        return names;
    }

    private void ExpectEndOfLine()
    {
        SkipBlanks();
        SkipComment();
        if (!AtEnd && !TrySkipLineBreak())
        {
            throw Malformed("the line should end here");
        }
    }

    private void SkipBlankLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TrySkipLineBreak());
    }

    private void SkipBlanks()
    {
        while (Current is ' ' or '\t')
        {
            _position++;
        }
    }

    private void SkipComment()
    {
        if (Current == '#')
        {
            var length = _text.AsSpan(_position).IndexOf('\n');
            _position = length < 0 ? _text.Length : _position + length;
        }
    }

    private bool TrySkipLineBreak()
    {
        if (Current == '\r' && Peek(1) == '\n')
        {
            _position++;
        }

        if (Current != '\n')
        {
            return false;
        }

        _position++;
        _line++;
        return true;
    }

    private string ReadWhile(Func<char, bool> isPart, string missing)
    {
        var start = _position;
        while (!AtEnd && isPart(Current))
        {
            _position++;
        }

        return _position > start ? _text[start.._position] : throw Malformed(missing);
    }

    private void Expect(char expected)
    {
        SkipBlanks();
        if (!TrySkip(expected))
        {
            throw Malformed($"'{expected}' is missing");
        }
    }

    private bool TrySkip(char expected)
    {
        if (Current != expected)
        {
            return false;
        }

        _position++;
        return true;
    }

    private char Peek(int offset) => _position + offset < _text.Length ? _text[_position + offset] : End;

    private FormatException Malformed(string problem) =>
        new(string.Create(CultureInfo.InvariantCulture, $"line {_line}: {problem}"));
}
