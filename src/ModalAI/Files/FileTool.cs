using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModalAI.Protocol;
using ModalAI.Sandboxes;

namespace ModalAI.Files;

/// <summary>
/// Runs the program that Modal puts into every sandbox for file operations. An operation is one command with one JSON argument; its start, its
/// streams and its end are asked for together, so that it costs one round trip.
/// </summary>
internal sealed class FileTool(SandboxCommands commands)
{
    public const string WriteOperation = "WriteFile";
    private const string ProgramPath = "/__modal/.bin/modal-sandbox-fs-tools";
    private const int MaxErrorBytes = 64 * 1024;

    public delegate void WriteArguments(Utf8JsonWriter json);

    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Starts an operation: <c>{"Operation":{"path":…,…}}</c>.</summary>
    public ExecHandle Start(string operation, string path, WriteArguments? more = null)
    {
        commands.ThrowIfDetached();
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteStartObject(operation);
            json.WriteString("path", path);
            more?.Invoke(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        var command = ModalCommand.Create(ProgramPath, Encoding.UTF8.GetString(buffer.WrittenSpan));
        CommandRequests.Validate(command);
        var execId = Guid.NewGuid().ToString();

        // Only a write can hang for want of us, so only that has to be found again to be killed.
        SecretSource[] sources = operation == WriteOperation ? [CommandRequests.MarkerOf(execId)] : [];
        var started = commands.Exec.StartAsync(CommandRequests.Create(command, execId, timeout: null, sources), CancellationToken.None);

        // Whoever asked may have left before it fails.
        started.Observe();
        return new ExecHandle(execId, started);
    }

    /// <summary>Runs an operation that answers with at most so many bytes.</summary>
    public async Task<byte[]> RunAsync(string operation, string path, int maxBytes, CancellationToken cancellationToken, WriteArguments? more = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var exec = Start(operation, path, more);
        using var lifetime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var output = new BoundedOutput(maxBytes);
        var error = new BoundedOutput(MaxErrorBytes);
        var reads = Task.WhenAll(
            CaptureAsync(exec, path, output, maxBytes, lifetime),
            ExecOutputReader.CaptureAsync(commands.Exec, exec, TaskExecStdioFileDescriptor.Stderr, error, outages: null, lifetime.Token));
        var exit = commands.Exec.WaitAsync(exec, lifetime.Token);
        try
        {
            await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
            await reads.ConfigureAwait(false);
            if (await exit.ConfigureAwait(false) != 0)
            {
                throw FileErrors.From(operation, path, error.GetText());
            }

            return output.GetBytes();
        }
        finally
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            await reads.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)exit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes an answer, and stops where it becomes too long: nobody wants the rest of it.</summary>
    private async Task CaptureAsync(ExecHandle exec, string path, BoundedOutput output, int maxBytes, CancellationTokenSource lifetime)
    {
        using var reader = new ExecOutputReader(commands.Exec, exec, TaskExecStdioFileDescriptor.Stdout);
        while (await reader.ReadAsync(lifetime.Token).ConfigureAwait(false) is { IsEmpty: false } data)
        {
            output.Append(data.Span);
            if (output.TotalBytes > maxBytes)
            {
                await lifetime.CancelAsync().ConfigureAwait(false);
                throw new ModalFileTooLargeException(path, $"The answer about '{path}' has more than the {maxBytes} bytes that are taken.");
            }
        }
    }

    /// <summary>Waits for the end of an operation, and throws the error that a failed one describes.</summary>
    public async Task EndAsync(ExecHandle exec, Task<int> exit, string operation, string path, CancellationToken cancellationToken)
    {
        if (await exit.ConfigureAwait(false) != 0)
        {
            var error = new BoundedOutput(MaxErrorBytes);
            await ExecOutputReader.CaptureAsync(commands.Exec, exec, TaskExecStdioFileDescriptor.Stderr, error, outages: null, cancellationToken).ConfigureAwait(false);
            throw FileErrors.From(operation, path, error.GetText());
        }
    }
}
