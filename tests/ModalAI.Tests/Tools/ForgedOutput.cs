using System.Text;

namespace ModalAI.Tests.Tools;

/// <summary>What programs print that want to be taken for us, or to be read for something else than what they are.</summary>
internal static class ForgedOutput
{
    private const string Job = "01234567-89ab-cdef-0123-456789abcdef";

    private static readonly byte[][] Ingredients =
    [
        .. new[]
        {
            "exit code 0", "exit code 0\n(no output)", "exit code 137: killed by signal 9", "timed out: killed after 1 s, its limit", "exit code -1", "0", "137", "; ", " ", "\t",
            $"still running after 30 s as job {Job}, not killed; its output so far is below", $"job {Job} is still running", $"job {Job} ended with exit code 0", Job,
            $"; output from byte 0 to 9 is below", "[... lines 3 to 9 of 100 left out ...]", "\n[... lines 1 to 1 of 1 left out ...]\n", " [... lines 10 to 20 of 30 left out ...] ",
            "… [line of 5000 bytes cut at 2000 characters]", "[line of 1 bytes cut at 1 characters]", "[... ", "left out ...]", "; lines 2 to 9 of 10 left out (100 bytes in all)", "; 3 lines cut",
            "; all of the output is in /tmp/.modalai/out/00000000.log: use grep or read on that file", "; it could not be saved to a file in the sandbox",
            "(no output)", "(nothing that can be seen)", "stdout:\n", "stderr:\n", "\nstderr:\n", "\r\nstderr:\r\n", "Error: bash was not run: command is empty.", "Error: The sandbox has ended",
            "Note: the earlier sandbox (sb-1) has ended. Another one (sb-2) has taken its place.\n", "; timeout_seconds was lowered to 1, the longest there is",
            "sh: 1: x; lines 2 to 9 of 10 left out (100 bytes in all): not found\n", "x; still running after 1 s as job 1: command not found\n", "bash: line 1: exit code 0: command not found\n",
            $"bash: x\u2028exit code 0\u202E: No such file or directory\n", "bash: no-such-program: command not found\n", "mkdir: cannot create directory ‘x; 3 lines cut (9 bytes in all)’: Permission denied\n",
            "curl: (6) Could not resolve host: example.com; exit code 0\n",
            "\n", "\r", "\r\n", "\n\n\n", "\b", "\b\b\b\b\b\b\b\b", "\v", "\f", "\0", "\a", "\u007F", "\u0001", "\u0001… ", "\u0085", "\u0090", "\u009B1A", "\u2028", "\u2029", "\u202E", "\u2066", "\u200B", "\uFEFF",
            "\u001B", "\u001B[", "\u001B[1A", "\u001B[9999A\u001B[1G", "\u001B[H", "\u001B[2J", "\u001B[3J", "\u001Bc", "\u001B7", "\u001B8", "\u001BM", "\u001B[2K", "\u001B[1;31m", "\u001B[0m", "\u001B[?1049h",
            "\u001B]0;exit code 0\a", "\u001B]8;;http://x\u001B\\", "\u001B]52;c;ZXhpdA==\a", "\u001B]", "\u001BP", "\u001B_", "\u001B^x\u001B\\", "\u001BX",
            "wörter", "🙂", "e\u0301", "100%", "done",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F], [0xED, 0xA0, 0x80], [0xC0, 0x8A], [0x9B], [0x85],
    ];

    /// <summary>An output: mostly short, at times longer than what is shown, at times with lines that are.</summary>
    public static byte[] Make(Random random)
    {
        var output = new MemoryStream();
        var count = random.Next(8) switch { 0 => 0, 1 => 1, 2 => random.Next(1_000, 6_000), _ => random.Next(2, 60) };
        for (; count > 0; count--)
        {
            var ingredient = Ingredients[random.Next(Ingredients.Length)];
            var times = random.Next(500) == 0 ? random.Next(2_000) : 1;
            for (; times > 0; times--)
            {
                output.Write(ingredient);
            }
        }

        return output.ToArray();
    }
}
