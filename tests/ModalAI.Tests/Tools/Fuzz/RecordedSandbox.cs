using System.Collections.Concurrent;
using System.Text;
using ModalAI.Protocol;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>A sandbox in which nothing runs. What its commands print is what a real one's might, or what one that was taken over could.</summary>
/// <param name="random">Decides what is printed.</param>
internal sealed class RecordedSandbox(Random random)
{
    private const string UnknownId = "00000000-0000-4000-8000-000000000000";
    private const int Kept = 16;
    private const int Remembered = 10_000;

    private static readonly string[] Needs = ["content:", "entry:", "state:"];

    private readonly ConcurrentDictionary<string, TaskCompletionSource<RecordedCommand>> _commands = new();
    private readonly Queue<string> _ids = new();
    private readonly Queue<string> _forgottenIds = new();
    private readonly HashSet<string> _forgotten = [];
    private List<RecordedCommand> _started = [];

    /// <summary>What the files hold that are asked for.</summary>
    public byte[] FileContent { get; set; } = [];

    /// <summary>What all commands print; null for anything.</summary>
    public byte[]? Output { get; init; }

    /// <summary>Id of a command that has been started, or of one that there is none of.</summary>
    public string? FindId()
    {
        lock (_ids)
        {
            return random.Next(8) == 0 ? UnknownId : _ids.LastOrDefault();
        }
    }

    /// <summary>What was started since this was asked last.</summary>
    public IReadOnlyList<RecordedCommand> Take()
    {
        lock (_ids)
        {
            var taken = _started;
            _started = [];
            return taken;
        }
    }

    /// <summary>A command, when it has been started; null where it is not known any more.</summary>
    public Task<RecordedCommand>? FindAsync(string execId)
    {
        lock (_ids)
        {
            return execId == UnknownId || _forgotten.Contains(execId) ? null : Entry(execId).Task;
        }
    }

    public void Start(TaskExecStartRequest request)
    {
        lock (_ids)
        {
            if (Entry(request.ExecId).Task.IsCompleted)
            {
                return;
            }

            var (output, error, exitCode) = Answer(request);
            var command = new RecordedCommand(request) { Output = output, Error = error, ExitCode = exitCode };
            _started.Add(command);
            Entry(request.ExecId).SetResult(command);
            _ids.Enqueue(request.ExecId);
            while (_ids.Count > Kept)
            {
                var old = _ids.Dequeue();
                _commands.TryRemove(old, out _);
                _forgotten.Add(old);
                _forgottenIds.Enqueue(old);
            }

            while (_forgottenIds.Count > Remembered)
            {
                _forgotten.Remove(_forgottenIds.Dequeue());
            }
        }
    }

    private TaskCompletionSource<RecordedCommand> Entry(string execId) =>
        _commands.GetOrAdd(execId, static _ => new TaskCompletionSource<RecordedCommand>(TaskCreationOptions.RunContinuationsAsynchronously));

    private (byte[] Output, byte[] Error, int ExitCode) Answer(TaskExecStartRequest request)
    {
        if (Output is not null)
        {
            return (Output, [], 0);
        }

        if (request.CommandArgs is [var program, var json, ..] && program.StartsWith("/__modal/", StringComparison.Ordinal))
        {
            return (json.StartsWith("{\"ListFiles\"", StringComparison.Ordinal) ? "[]"u8.ToArray() : [], [], 0);
        }

        var files = request.CommandArgs.Where(static argument => Needs.Any(need => argument.StartsWith(need, StringComparison.Ordinal))).ToList();
        if (files.Count > 0 && random.Next(5) > 0)
        {
            return (AnswerFiles(files), [], 0);
        }

        var exitCode = random.Next(4) > 0 ? 0 : (int[])[1, 2, 125, 126, 127, 137, 255] is var codes ? codes[random.Next(codes.Length)] : 0;
        return (Garbage(), random.Next(2) == 0 ? [] : Error(), exitCode);
    }

    /// <summary>Each file as it is asked for: there, not there, or what can't be read; then that all was done.</summary>
    private byte[] AnswerFiles(List<string> files)
    {
        var output = new MemoryStream();
        foreach (var file in files)
        {
            if (file.StartsWith("content:", StringComparison.Ordinal) && random.Next(8) > 0)
            {
                output.Write(Encoding.ASCII.GetBytes($"content {FileContent.Length} id-1 stamp-1 -\n"));
                output.Write(FileContent);
            }
            else
            {
                var detail = "/work\nother.txt";
                var status = random.Next(8) switch { 0 => "directory", 1 => "denied", 2 => "large", _ => file.StartsWith("state:", StringComparison.Ordinal) ? "missing" : "file" };
                output.Write(Encoding.ASCII.GetBytes($"{status} {detail.Length} id-1 stamp-1 -\n{detail}"));
            }
        }

        output.Write("done\nfile id-1 stamp-2\n"u8);
        return output.ToArray();
    }

    private byte[] Garbage()
    {
        var number = ((string[])["0", "1", "64", "-1", "2000000000", "99999999999", "x", ""])[random.Next(8)];
        var other = ((string[])["0", "1", "64", "-1", "2000000000", "99999999999", "x", ""])[random.Next(8)];
        var noise = new byte[random.Next(200)];
        random.NextBytes(noise);
        return random.Next(18) switch
        {
            0 => [],
            1 => noise,
            2 => [.. "found\n"u8, .. noise],
            3 => "found separated\na.txt\u00011:match\nb.txt\u00012\n--\n"u8.ToArray(),
            4 => Encoding.UTF8.GetBytes($"found\n12 34\n56 78\0{(random.Next(2) == 0 ? "fd" : "")}\0./a\0./b\0\0"),
            5 => "found\n2026-01-01\n2026-01-02\0./a\n\u001b[31m\0./b\0\0"u8.ToArray(),
            6 => Encoding.UTF8.GetBytes($"text {number} id-1 stamp-1\nfirst\nsecond \u001b[31m\u0001\r\n"),
            7 => Encoding.UTF8.GetBytes($"text {number}"),
            8 => Encoding.UTF8.GetBytes($"binary {number} {(random.Next(2) == 0 ? "89504e470d0a1a0a" : other)}\n"),
            9 => [.. Encoding.UTF8.GetBytes($"medium {number} {other}\n"), 0x89, .. "PNG\r\n\u001a\n"u8, .. noise],
            10 => [.. Encoding.UTF8.GetBytes($"artifact {number} {other}\n"), .. noise],
            11 => Encoding.UTF8.GetBytes($"missing /work\n{Encoding.Latin1.GetString(noise)}\n"),
            12 => "directory \na\nb\n"u8.ToArray(),
            13 => "deleted file\n"u8.ToArray(),
            14 => "filled \na\nb"u8.ToArray(),
            15 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("line of output \ud83d\ude00\n", random.Next(5_000)))),
            16 => [.. Encoding.UTF8.GetBytes($"content {number} a b c\n"), .. noise],
            _ => [.. Encoding.UTF8.GetBytes($"failed {number} x\n"), .. noise],
        };
    }

    private byte[] Error() => random.Next(4) switch
    {
        0 => "modalai-exit 0\n"u8.ToArray(),
        1 => "grep: bad\nmodalai-exit x\n"u8.ToArray(),
        2 => "sh: 1: nothing: not found\n"u8.ToArray(),
        _ => "modalai-exit 2\ncat: Permission denied\n"u8.ToArray(),
    };
}
