using System.Text;

namespace ModalAI.Emulator.Images;

/// <summary>Words of a Dockerfile: quotes, backslashes and variables.</summary>
internal static class DockerfileWords
{
    /// <summary>Splits at blanks that are in no quotes; quotes stay.</summary>
    public static IReadOnlyList<string> Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                Flush();
                continue;
            }

            word.Append(c);
            if (c == '\\' && quote != '\'' && i + 1 < text.Length)
            {
                word.Append(text[++i]);
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
            }
        }

        Flush();
        return words;

        void Flush()
        {
            if (word.Length > 0)
            {
                words.Add(word.ToString());
                word.Clear();
            }
        }
    }

    /// <summary>A word without its quotes and backslashes, and with the values of the variables that it names.</summary>
    /// <exception cref="DockerfileException">A quote or a brace is not closed, or a variable is named in a way that is not known.</exception>
    public static string Expand(string word, Func<string, string?> find)
    {
        var position = 0;
        return Expand(word, ref position, find, end: null);
    }

    private static string Expand(string word, ref int position, Func<string, string?> find, char? end)
    {
        var result = new StringBuilder();
        var isQuoted = false;
        for (; position < word.Length; position++)
        {
            var c = word[position];
            if (c == end && !isQuoted)
            {
                return result.ToString();
            }

            switch (c)
            {
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case '\'' when !isQuoted:
                    var close = word.IndexOf('\'', position + 1);
                    result.Append(close >= 0 ? word.AsSpan(position + 1, close - position - 1) : throw Unclosed(word, "quote"));
                    position = close;
                    break;
                case '\\' when position + 1 < word.Length && (!isQuoted || word[position + 1] is '"' or '$' or '\\'):
                    result.Append(word[++position]);
                    break;
                case '$':
                    result.Append(ReadVariable(word, ref position, find));
                    break;
                default:
                    result.Append(c);
                    break;
            }
        }

        return isQuoted || end is not null ? throw Unclosed(word, isQuoted ? "quote" : "brace") : result.ToString();
    }

    /// <summary>From the dollar to the last character that belongs to the variable.</summary>
    private static string ReadVariable(string word, ref int position, Func<string, string?> find)
    {
        var isBraced = position + 1 < word.Length && word[position + 1] == '{';
        var start = position + (isBraced ? 2 : 1);
        var next = start;
        while (next < word.Length && (char.IsAsciiLetterOrDigit(word[next]) || word[next] == '_'))
        {
            next++;
        }

        var name = word[start..next];
        if (!isBraced)
        {
            position = next - 1;
            return name.Length == 0 ? "$" : find(name) ?? "";
        }

        position = next;
        var value = find(name);
        if (name.Length > 0 && next < word.Length)
        {
            if (word[next] == '}')
            {
                return value ?? "";
            }

            var emptyIsUnset = word[next] == ':';
            position += emptyIsUnset ? 1 : 0;
            var modifier = position < word.Length ? word[position++] : '\0';
            var isSet = emptyIsUnset ? !string.IsNullOrEmpty(value) : value is not null;
            if (modifier is '-' or '+')
            {
                var other = Expand(word, ref position, find, '}');
                return modifier == '-' ? (isSet ? value! : other) : (isSet ? other : "");
            }
        }

        throw new DockerfileException($"'{word}' names a variable in a way that is not supported; write $NAME, ${{NAME}}, ${{NAME:-value}} or ${{NAME:+value}}");
    }

    private static DockerfileException Unclosed(string word, string what) => new($"'{word}' has a {what} that is not closed");
}
