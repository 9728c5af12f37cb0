using ModalAI.Protocol;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>A command that would have been started, byte for byte.</summary>
internal sealed class RecordedCommand(TaskExecStartRequest request)
{
    private readonly MemoryStream _input = new();
    private readonly TaskCompletionSource _inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskExecStartRequest Request => request;

    public IReadOnlyList<string> Arguments { get; } = [.. request.CommandArgs];

    public Task InputEnded => _inputEnded.Task;

    public byte[] Output { get; init; } = [];

    public byte[] Error { get; init; } = [];

    public int ExitCode { get; init; }

    /// <summary>Whether it reads its input to the end before it does anything.</summary>
    public bool ReadsInput { get; } = request.CommandArgs.Any(static argument => argument.StartsWith("modalai_command=$(cat);", StringComparison.Ordinal)
        || argument.Contains("sys.stdin.buffer", StringComparison.Ordinal) || argument.StartsWith("{\"WriteFile\":", StringComparison.Ordinal));

    public byte[] GetInput()
    {
        lock (_input)
        {
            return _input.ToArray();
        }
    }

    public (long Length, bool IsClosed) GetInputStatus()
    {
        lock (_input)
        {
            return (_input.Length, _inputEnded.Task.IsCompleted);
        }
    }

    public void WriteInput(long offset, ReadOnlySpan<byte> data, bool isEnd)
    {
        lock (_input)
        {
            _input.Position = offset;
            _input.Write(data);
            if (isEnd)
            {
                _inputEnded.TrySetResult();
            }
        }
    }
}
