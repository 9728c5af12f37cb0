using System.Text.RegularExpressions;

namespace ModalAI.Tools;

/// <summary>
/// What programs the sandboxes of a registration have: looked at once, in the first sandbox that a conversation works in, side by side with a call. Thread-safe.
/// </summary>
/// <remarks>What is found ends in instructions, so that nothing of it is taken as it is: programs are those of a list of ours, the system's name is one word and a number.</remarks>
internal sealed partial class SandboxPrograms
{
    private const int MaxAttempts = 3;

    private const string Script =
        """
        (. /etc/os-release && printf '%s %s\n' "$ID" "$VERSION_ID") 2>/dev/null || echo
        for name; do command -v "$name" >/dev/null 2>&1 && echo "$name"; done
        exit 0
        """;

    private static readonly string[] Known =
    [
        "bash", "git", "python3", "pip", "uv", "conda", "node", "npm", "pnpm", "yarn", "bun", "deno", "go", "cargo", "java", "mvn", "gradle", "dotnet", "ruby", "php", "perl", "R", "julia",
        "gcc", "clang", "make", "cmake", "curl", "wget", "jq", "rg", "sqlite3", "psql", "tar", "zip", "unzip", "ffmpeg", "convert", "pandoc", "pdftotext", "docker", "gh",
        "apt-get", "apk", "dnf", "nvidia-smi",
    ];

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private int _isBusy;
    private int _attempts;
    private volatile string? _found;

    /// <summary>What was found, as a sentence; null where nobody has looked yet.</summary>
    public string? Found => _found;

    /// <summary>Looks, unless somebody has or is at it.</summary>
    /// <param name="sandbox">Where.</param>
    /// <param name="cancellationToken">Gives up; somebody else may look.</param>
    public async Task LookAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        if (_found is not null || _attempts >= MaxAttempts || Interlocked.Exchange(ref _isBusy, 1) == 1)
        {
            return;
        }

        try
        {
            _attempts++;
            var command = ModalCommand.Create("/bin/sh", ["-c", Script, "sh", .. Known]) with { Timeout = Timeout, DiscardError = true, MaxOutputBytes = 4096 };
            var result = await sandbox.ExecuteAsync(command, cancellationToken).ConfigureAwait(false);
            _found = result.IsSuccess ? Describe(result.StandardOutput) : null;
        }
        catch (ModalException)
        {
            // The call that goes on beside this meets the same, and tells.
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    private static string? Describe(string output)
    {
        var lines = output.Split('\n');
        var system = System().Match(lines[0]) is { Success: true } match ? $"It runs {match.Value.Trim()}, and has" : "It has";
        List<string> programs = [.. lines.Skip(1).Where(static line => Known.Contains(line)).Distinct()];
        return programs.Count == 0 ? null : $"{system} these programs: {string.Join(", ", programs)}.";
    }

    /// <summary>A system's short name, and its version.</summary>
    [GeneratedRegex(@"\A[a-z][a-z0-9._-]{0,19}(?: [0-9][0-9.]{0,9})?(?=\s*\z)")]
    private static partial Regex System();
}
