namespace ModalAI.Emulator.Sandboxes;

/// <summary>How a command ended: with a code of its own, or killed by a signal.</summary>
internal readonly record struct ExecExit(int Code, int? Signal)
{
    private const int Kill = 9;

    /// <summary>What a command shows that was killed: 128 and SIGKILL's number.</summary>
    public static readonly ExecExit Killed = new(128 + Kill, Kill);

    public static ExecExit Exited(int code) => new(code, null);
}
