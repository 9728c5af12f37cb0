using System.Globalization;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Standard streams of a sandbox's own command on the V1 backend, whose output is text. On V2 the command router has them.</summary>
internal sealed class EntrypointService(SandboxRegistry registry, TimeProvider time)
{
    private static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(5);

    public void Register(RpcService service)
    {
        service.ServerStreaming<SandboxGetLogsRequest, TaskLogsBatch>("SandboxGetLogs", GetLogsAsync);
        service.Unary("SandboxStdinWrite", (SandboxStdinWriteRequest request, RpcContext context) => WriteAsync(request, context));
    }

    private async Task<SandboxStdinWriteResponse> WriteAsync(SandboxStdinWriteRequest request, RpcContext context)
    {
        var sandbox = registry.Find(request.SandboxId, SandboxBackend.V1);
        if (request.Index == 0)
        {
            throw RpcFailedException.InvalidArgument("The index of the write is 0; the first write of a sandbox's standard input has index 1.");
        }

        await sandbox.WriteInputByNumberAsync(request.Index, request.Input.Memory, request.Eof, context.CancellationToken).ConfigureAwait(false);
        return new SandboxStdinWriteResponse();
    }

    /// <summary>
    /// Sends one stream from an entry to its end, or until the client's time is over: it asks again from the last entry that it has. Entries are
    /// numbered by the byte that comes after them, so a batch ends where a character does.
    /// </summary>
    private async Task GetLogsAsync(SandboxGetLogsRequest request, RpcStreamWriter<TaskLogsBatch> replies, RpcContext context)
    {
        var sandbox = registry.Find(request.SandboxId, SandboxBackend.V1);
        Check(request);
        var position = ReadEntryId(request.LastEntryId);
        using var limit = new CancellationTokenSource(Limit(request.Timeout), time);
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, limit.Token);
        try
        {
            if (sandbox.Entrypoint is { } entrypoint)
            {
                var spool = (request.FileDescriptor == Protocol.FileDescriptor.Stderr ? entrypoint.Error : entrypoint.Output)!;
                position = await SendAsync(sandbox, spool, position, request.FileDescriptor, replies, lifetime.Token).ConfigureAwait(false);
            }
            else
            {
                // Nothing prints, but the stream ends only with the sandbox.
                await sandbox.Ended.WaitAsync(lifetime.Token).ConfigureAwait(false);
            }

            await replies.WriteAsync(Batch(sandbox, position, eof: true), context.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            // The end of the stream without an end of the output: there may be more.
        }
    }

    private async Task<long> SendAsync(
        EmulatedSandbox sandbox, OutputSpool spool, long position, Protocol.FileDescriptor descriptor, RpcStreamWriter<TaskLogsBatch> replies, CancellationToken cancellationToken)
    {
        if (position > spool.Length)
        {
            throw new RpcFailedException(RpcStatusCode.OutOfRange, $"The entry '{position}-0' lies beyond the output that was printed so far.");
        }

        using var text = new SpoolText(spool, position);
        while (await text.ReadAsync(cancellationToken).ConfigureAwait(false) is { } data)
        {
            var batch = Batch(sandbox, text.Position, eof: false);
            batch.Items.Add(new TaskLogs { Data = data, FileDescriptor = descriptor, Timestamp = time.UnixSeconds() });
            await replies.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }

        return text.Position;
    }

    private static TaskLogsBatch Batch(EmulatedSandbox sandbox, long position, bool eof) => new()
    {
        TaskId = sandbox.TaskId,
        SandboxId = sandbox.Id,
        EntryId = string.Create(CultureInfo.InvariantCulture, $"{position}-0"),
        Eof = eof,
    };

    private static void Check(SandboxGetLogsRequest request)
    {
        if (request.FileDescriptor is not (Protocol.FileDescriptor.Stdout or Protocol.FileDescriptor.Stderr))
        {
            Unsupported.Refuse((true, $"a sandbox's logs of {request.FileDescriptor}: ask for standard output or for standard error"));
        }
    }

    private static long ReadEntryId(string entryId)
    {
        const string Suffix = "-0";
        if (entryId.Length == 0)
        {
            return 0;
        }

        return entryId.EndsWith(Suffix, StringComparison.Ordinal)
            && long.TryParse(entryId.AsSpan()[..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : throw RpcFailedException.InvalidArgument($"'{entryId}' is no entry id of a sandbox's logs; the first is '0-0'.");
    }

    private static TimeSpan Limit(float seconds) =>
        float.IsFinite(seconds) && seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, LongestStream.TotalSeconds)) : LongestStream;
}
