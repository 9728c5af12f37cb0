using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ModalAI.Configuration;

internal sealed partial class TomlReader
{
    private object? ReadValue(int depth)
    {
        if (depth > MaxDepth)
        {
            throw Malformed($"arrays and inline tables are nested deeper than {MaxDepth}");
        }

        switch (Current)
        {
            case '"':
                return IsTripled('"') ? SkipMultiLineString('"') : ReadBasicString();
            case '\'':
                return IsTripled('\'') ? SkipMultiLineString('\'') : ReadLiteralString();
            case '[':
                SkipArray(depth);
                return null;
            case '{':
                SkipInlineTable(depth);
                return null;
            default:
                return ReadBareValue();
        }
    }

    private object? ReadBareValue()
    {
        var word = ReadWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+' or '.' or ':', "a value is missing");

        // A date and a time may have a blank between them.
        if (DateOnly.TryParseExact(word, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && Current == ' ' && char.IsAsciiDigit(Peek(1)))
        {
            _position++;
            word += 'T' + ReadWhile(c => char.IsAsciiDigit(c) || c is '-' or '+' or '.' or ':' or 'Z' or 'z', "a time is missing");
        }

        return word switch
        {
            "true" => true,
            "false" => false,
            _ when DecimalNumber().IsMatch(word) =>
                double.Parse(word.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture),
            _ when OtherBareValue().IsMatch(word) => null,
            _ => throw Malformed("the value is neither a quoted string nor a boolean, a number or a date"),
        };
    }

    private string ReadLiteralString()
    {
        _position++;
        var start = _position;
        while (Current != '\'')
        {
            RefuseControlCharacter();
            _position++;
        }

        return _text[start.._position++];
    }

    private string ReadBasicString()
    {
        _position++;
        var content = new StringBuilder();
        while (Current != '"')
        {
            RefuseControlCharacter();
            if (TrySkip('\\'))
            {
                content.Append(ReadEscape());
            }
            else
            {
                content.Append(_text[_position++]);
            }
        }

        _position++;
        return content.ToString();
    }

    private string ReadEscape()
    {
        var kind = Current;
        _position++;
        return kind switch
        {
            'b' => "\b",
            't' => "\t",
            'n' => "\n",
            'f' => "\f",
            'r' => "\r",
            '"' => "\"",
            '\\' => "\\",
            'u' => ReadCodePoint(4),
            'U' => ReadCodePoint(8),
            _ => throw Malformed("a string has a '\\' that starts no escape sequence; write '\\\\', or use single quotes"),
        };
    }

    private string ReadCodePoint(int digits)
    {
        if (_position + digits <= _text.Length
            && uint.TryParse(_text.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && Rune.TryCreate(value, out var rune))
        {
            _position += digits;
            return rune.ToString();
        }

        throw Malformed($"a string has an escape sequence that is not a character in {digits} hexadecimal digits");
    }

    private void RefuseControlCharacter()
    {
        if (AtEnd || Current is '\n' or '\r')
        {
            throw Malformed("the closing quote of a string is missing");
        }

        if (char.IsControl(Current) && Current != '\t')
        {
            throw Malformed("a string has a control character");
        }
    }

    private bool IsTripled(char quote) => Current == quote && Peek(1) == quote && Peek(2) == quote;

    private object? SkipMultiLineString(char quote)
    {
        var start = _line;
        _position += 3;
        while (!IsTripled(quote))
        {
            if (AtEnd)
            {
                throw new FormatException($"line {start}: the closing quotes of a multi-line string are missing");
            }

            if (quote == '"' && Current == '\\' && Peek(1) is '"' or '\\')
            {
                _position += 2;
            }
            else if (!TrySkipLineBreak())
            {
                _position++;
            }
        }

        _position += 3;

        // Up to two quotes may stand right before the closing ones.
        for (var extra = 0; extra < 2 && Current == quote; extra++)
        {
            _position++;
        }

        return null;
    }

    private void SkipArray(int depth)
    {
        var start = _line;
        _position++;
        for (SkipBlankLines(); !TrySkip(']'); SkipBlankLines())
        {
            if (AtEnd)
            {
                throw new FormatException($"line {start}: the ']' of an array is missing");
            }

            ReadValue(depth + 1);
            SkipBlankLines();
            if (!TrySkip(',') && Current != ']')
            {
                throw Malformed("',' or ']' is missing in an array");
            }
        }
    }

    private void SkipInlineTable(int depth)
    {
        _position++;
        SkipBlanks();
        if (TrySkip('}'))
        {
            return;
        }

        do
        {
            ReadKey();
            Expect('=');
            SkipBlanks();
            ReadValue(depth + 1);
            SkipBlanks();
        }
        while (TrySkip(','));

        Expect('}');
    }

    [GeneratedRegex(@"^[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex DecimalNumber();

    [GeneratedRegex(
        @"^([+-]?(inf|nan)|0x[0-9A-Fa-f](_?[0-9A-Fa-f])*|0o[0-7](_?[0-7])*|0b[01](_?[01])*"
        + @"|[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
        + @"|[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)\z",
        RegexOptions.ExplicitCapture)]
    private static partial Regex OtherBareValue();
}
