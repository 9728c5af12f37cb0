using System.Globalization;
using System.Text;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>
/// Text that means something to a shell, a file system, a terminal or a parser. Each has a token in it that nothing else has, by which it is found again wherever
/// it ends up.
/// </summary>
/// <param name="random">Decides.</param>
/// <param name="canary">A file of this computer that nobody may touch; it is named in many ways.</param>
internal sealed class HostileText(Random random, string canary)
{
    /// <summary>How a token begins.</summary>
    public const string Mark = "Zq";

    private const int MaxPieces = 5;

    /// <summary>One text in so many is huge: those cost time.</summary>
    private const int HugeOneIn = 1_500;

    /// <summary>No program can be given these.</summary>
    private static readonly string[] Impossible = ["\0", "a\0b", "\ud83d", "\udc00", "\ude00\ud83d"];

    /// <summary>Sizes around the limits of a path, an argument, a process and a command line.</summary>
    private static readonly int[] Sizes = [255, 511, 513, 4_094, 4_095, 4_097, 49_152, 49_153, 65_536, 66_000];

    private static readonly int[] HugeSizes = [1024 * 1024, (1024 * 1024) + 1, 5 * 1024 * 1024, 10 * 1024 * 1024, 10 * 1024 * 1024, 10 * 1024 * 1024];

    private readonly string[] _pieces =
    [
        "'", "\"", "'\"'\"'", "\\", "\\\\", "\\'", "`", "$", "$$", "$(", ")", "${IFS}", "$HOME", "$0", "$@", "$FUZZ_SECRET", "${FUZZ_SECRET}", "%FUZZ_SECRET%",
        $"$(touch {canary})", $"`touch {canary}`", $"; touch {canary} #", $"| tee {canary}", $"& cat {canary} &", $"&& cat {canary}", $"\ncat {canary}\n", $"> {canary}", $"< {canary}",
        $"$(<{canary})", $"'; touch {canary}; '", $"\"; touch {canary}; \"", "&", "|", ";", "<", ">", "<<EOF", "#", "!", "!!", "(", "{", "}", "\n", "\r", "\r\n", "\t", " ", "  ",
        "..", "../", "../../../..", "../../../../../../../..", $"../../../../../../../..{canary}", canary, Path.GetFileName(canary), "/", "//", "/.", "/..", "./", "/proc/self/root",
        $"/proc/self/root{canary}", "/proc/self/cwd", "/proc/1/environ", "/dev/null", "/dev/stdin", "file://", "\\\\host\\share", "C:\\", "~", "~/", "~root/", "~+",
        "-", "--", "-rf", "-e", "-c", "-exec", "-delete", "--help", "--no-config", "-name", "+", "*", "**", "**/", "?", "[", "]", "[!a]", "[^", "[a-z]", "[z-a]", "[[:alpha:]]", "{a,b}", "{", "}", ",",
        "{{a,b},{c,d}}", "{0}", "%s", "%n", "%00", "\\0", "\\x00", "\\u0000", "\\ud800", "\\n", "&amp;", "<x>", "content:", "state:", "0", "-1", "true", "null", "[]", "{\"a\":1}",
        "\u0001", "\u0002", "\u0003", "\u0004", "\u0007", "\b", "\u001b[31m", "\u001b]0;title\u0007", "\u007f", "\u0085", "\u009b", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "\ufffd",
        "\u200b", "\u200d", "\u200e", "\u202e", "\u202a", "\u2066", "\u2069", "\u00ad", "e\u0301", "ä", "ß", "İ", "ﷺ", "中文", "😀", "👩‍👩‍👧", "\U000e0041", "\U0010ffff",
        "*** Begin Patch", "\n*** End Patch\n", "@@", "\n+", "\n-", ".git", ".git/config", "/tmp/.modalai", "EOF\n", "modalai_command", "MODALAI_EXEC_ID=",
    ];

    private int _count;

    /// <summary>A token that no other text has.</summary>
    public string Token() => string.Create(CultureInfo.InvariantCulture, $"{Mark}{random.Next():x8}{_count++:x}q");

    /// <summary>Text that any caller could mean.</summary>
    public string Plain() => random.Next(4) switch
    {
        0 => $"/work/{Token()}.txt",
        1 => $"src/{Token()}",
        2 => $"echo {Token()}",
        _ => Token(),
    };

    /// <summary>Any text, now and then one that no program can be given, or a long one.</summary>
    public string Next()
    {
        var text = Compose();
        if (random.Next(HugeOneIn) == 0)
        {
            return Fill(text, HugeSizes[random.Next(HugeSizes.Length)]);
        }

        return random.Next(100) switch
        {
            < 15 => Plain(),
            < 22 => Insert(text, Impossible[random.Next(Impossible.Length)]),
            < 25 => Fill(text, Sizes[random.Next(Sizes.Length)] + random.Next(-1, 2)),
            _ => text,
        };
    }

    /// <summary>Text of one line that a program can be given, and that is no longer than the name of a file.</summary>
    public string FileName()
    {
        string name;
        do
        {
            name = string.Concat(Compose().Split('\n', '\r', '/', '\0'));
        }
        while (Encoding.UTF8.GetByteCount(name) > 200 || name.Trim() != name || name.Contains(".git", StringComparison.Ordinal));

        return name;
    }

    /// <summary>Text that a program can be given.</summary>
    public string Compose()
    {
        var before = Pieces();
        return before + Token() + Pieces();
    }

    private string Pieces() => string.Concat(Enumerable.Range(0, random.Next(MaxPieces)).Select(_ => _pieces[random.Next(_pieces.Length)]));

    private string Insert(string text, string piece) => text.Insert(random.Next(2) * text.Length, piece);

    private string Fill(string text, int length) => text + new string(random.Next(3) == 0 ? '\n' : 'x', Math.Max(0, length - text.Length));
}
