using System.Text;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>What Modal takes as a command and as its place, for entrypoints and for commands alike.</summary>
internal static class CommandRules
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>An empty command is for the caller to judge: an entrypoint may be.</summary>
    public static void Check(IReadOnlyList<string> command)
    {
        if (command.Count > 0 && command[0].Length == 0)
        {
            throw RpcFailedException.InvalidArgument("The command names no program: its first argument is empty.");
        }

        if (command.Any(argument => argument.Contains('\0')))
        {
            throw RpcFailedException.InvalidArgument("An argument of the command holds a NUL character, which no program can be given.");
        }

        var bytes = command.Sum(Encoding.UTF8.GetByteCount);
        if (bytes > MaxBytes)
        {
            throw RpcFailedException.InvalidArgument(
                $"The command is {bytes} bytes long; program and arguments together may have {MaxBytes}. Write long input to a file or to standard input.");
        }
    }

    /// <summary>Empty for none.</summary>
    public static void CheckWorkingDirectory(string path)
    {
        if (path.Length > 0 && (!path.StartsWith('/') || path.Contains('\0')))
        {
            throw RpcFailedException.InvalidArgument($"The working directory '{path}' is not an absolute path.");
        }
    }
}
