using ModalAI.Protocol;
using ModalAI.Sandboxes;

namespace ModalAI.Tools;

/// <summary>
/// Puts the whole output of a command into a file of its sandbox, where a model can search it. Modal keeps what a command prints, so this is done when a part
/// of it could not be shown, and commands run without anything between them and their output.
/// </summary>
internal static class OutputLog
{
    /// <summary>How much is put there, from the end: errors stand there.</summary>
    public const long MaxBytes = 64 * 1024 * 1024;

    private const string Directory = "/tmp/.modalai/out";

    /// <summary>$0 is the directory, $1 the name of the file, $2 how many files there may be.</summary>
    private const string Script =
        """
        umask 077
        mkdir -p "$0" && cat >"$0/$1" || { rm -f "$0/$1"; exit 1; }
        cd "$0" || exit
        ls -t | tail -n "+$(($2 + 1))" | while IFS= read -r file; do rm -f "./$file"; done
        """;

    private const int MaxFiles = 16;
    private const int PieceBytes = 256 * 1024;

    /// <param name="sandbox">The sandbox.</param>
    /// <param name="execId">The command.</param>
    /// <param name="from">Where its output starts that is wanted, in bytes.</param>
    /// <param name="to">Where that ends.</param>
    /// <param name="standardError">Whether it is standard error, kept apart.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The path; null where it could not be written.</returns>
    public static async Task<string?> SaveAsync(
        ModalSandbox sandbox, string execId, long from, long to, bool standardError, CancellationToken cancellationToken)
    {
        var start = Math.Max(from, to - MaxBytes);
        var name = $"{Guid.NewGuid():N}"[..8] + ".log";
        var calls = sandbox.Commands.Exec;
        var exec = new ExecHandle(execId, Task.CompletedTask, IsAttached: true);
        var descriptor = standardError ? TaskExecStdioFileDescriptor.Stderr : TaskExecStdioFileDescriptor.Stdout;
        var output = new OutputRange(position => new ExecOutputReader(calls, exec, descriptor, start + position), to - start);
        await using (output.ConfigureAwait(false))
        {
            try
            {
                var result = await sandbox.ExecuteAsync(
                    ModalCommand.Create("/bin/sh", "-c", Script, Directory, name, $"{MaxFiles}") with
                    {
                        StandardInput = output,
                        Timeout = ToolLimits.WorkTimeout,
                        MaxOutputBytes = 1024,
                    },
                    cancellationToken).ConfigureAwait(false);
                return result.IsSuccess ? $"{Directory}/{name}" : null;
            }
            catch (ModalException)
            {
                // What the command did is told all the same.
                return null;
            }
        }
    }

    /// <summary>
    /// So many bytes of an output, piece by piece: no output is open while a piece is sent, as what a server sends ahead would pile up in memory. It can go back,
    /// and so is sent in one stream.
    /// </summary>
    private sealed class OutputRange(Func<long, ExecOutputReader> open, long length) : ChunkStream
    {
        private readonly byte[] _piece = new byte[Math.Min(length, PieceBytes)];

        public override bool CanSeek => true;

        public override long Length => length;

        public override long Position
        {
            get => base.Position;
            set => Restart(value);
        }

        protected override async ValueTask<ReadOnlyMemory<byte>> ReadChunkAsync(CancellationToken cancellationToken)
        {
            using var reader = open(Position);
            var wanted = (int)Math.Min(_piece.Length, length - Position);
            var count = 0;
            while (count < wanted && await reader.ReadAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } chunk)
            {
                chunk = chunk[..Math.Min(chunk.Length, wanted - count)];
                chunk.CopyTo(_piece.AsMemory(count));
                count += chunk.Length;
            }

            return _piece.AsMemory(0, count);
        }
    }
}
