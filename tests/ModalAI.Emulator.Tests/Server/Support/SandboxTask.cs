using System.Text;
using Google.Protobuf;
using Grpc.Core;
using ModalAI.Protocol;
using ModalAI.TestSupport;

namespace ModalAI.Emulator.Tests.Server.Support;

/// <summary>A sandbox's task, and what its command router does for it.</summary>
internal sealed class SandboxTask(EmulatorConnection connection, SandboxCreateV2Response created)
{
    public string SandboxId => created.SandboxId;

    public string TaskId => created.TaskId;

    public string Token => created.CommandRouterAccess.Jwt;

    /// <summary>What a call to the router carries.</summary>
    public CallOptions Call(string? token = null)
        => new(new Metadata { { "authorization", $"Bearer {token ?? Token}" } }, cancellationToken: TestTimeout.Token);

    public static string NewExecId() => Guid.NewGuid().ToString();

    public TaskExecStartRequest Start(string execId, params string[] command) => new()
    {
        TaskId = TaskId,
        ExecId = execId,
        CommandArgs = { command },
        StdoutConfig = TaskExecStdoutConfig.Pipe,
        StderrConfig = TaskExecStderrConfig.Pipe,
    };

    /// <summary>Starts a command and gives its id.</summary>
    public async Task<string> ExecAsync(params string[] command)
    {
        var execId = NewExecId();
        await connection.Router.TaskExecStartAsync(Start(execId, command), Call());
        return execId;
    }

    public AsyncServerStreamingCall<TaskExecStdioReadResponse> OpenOutput(
        string execId, ulong offset = 0, TaskExecStdioFileDescriptor descriptor = TaskExecStdioFileDescriptor.Stdout)
        => connection.Router.TaskExecStdioRead(
            new TaskExecStdioReadRequest { TaskId = TaskId, ExecId = execId, Offset = offset, FileDescriptor = descriptor }, Call());

    /// <summary>Everything that a command prints, from an offset to the end.</summary>
    public async Task<byte[]> ReadAsync(string execId, ulong offset = 0, TaskExecStdioFileDescriptor descriptor = TaskExecStdioFileDescriptor.Stdout)
    {
        using var call = OpenOutput(execId, offset, descriptor);
        using var bytes = new MemoryStream();
        while (await call.ResponseStream.MoveNext(TestTimeout.Token))
        {
            bytes.Write(call.ResponseStream.Current.Data.Span);
        }

        return bytes.ToArray();
    }

    public async Task<string> ReadTextAsync(string execId, ulong offset = 0, TaskExecStdioFileDescriptor descriptor = TaskExecStdioFileDescriptor.Stdout)
        => Encoding.UTF8.GetString(await ReadAsync(execId, offset, descriptor));

    public async Task<TaskExecWaitResponse> WaitAsync(string execId)
        => await connection.Router.TaskExecWaitAsync(new TaskExecWaitRequest { TaskId = TaskId, ExecId = execId }, Call());

    public async Task WriteAsync(string execId, ulong offset, string data, bool eof = false)
        => await connection.Router.TaskExecStdinWriteAsync(
            new TaskExecStdinWriteRequest { TaskId = TaskId, ExecId = execId, Offset = offset, Data = ByteString.CopyFromUtf8(data), Eof = eof }, Call());

    public async Task<TaskExecStdinStatusResponse> GetInputStatusAsync(string execId)
        => await connection.Router.TaskExecStdinStatusAsync(new TaskExecStdinStatusRequest { TaskId = TaskId, ExecId = execId }, Call());

    public async Task TerminateAsync()
        => await connection.Control.SandboxTerminateV2Async(new SandboxTerminateRequest { SandboxId = SandboxId }, EmulatorConnection.Call());

    /// <summary>How the sandbox ended; null while it runs.</summary>
    public async Task<GenericResult?> WaitForEndAsync(float seconds = 10)
        => (await connection.Control.SandboxWaitV2Async(new SandboxWaitRequest { SandboxId = SandboxId, Timeout = seconds }, EmulatorConnection.Call())).Result;
}
