using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Sandboxes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Reads what clients say of a pseudo-terminal. An idle input ends nothing here, so it makes no difference whether it may.</summary>
internal static class Terminals
{
    /// <summary>Null where none is asked for.</summary>
    public static TerminalRequest? Read(PTYInfo? info)
    {
        if (info is not { Enabled: true })
        {
            return null;
        }

        var environment = new List<KeyValuePair<string, string>>();
        Add("TERM", info.EnvTerm);
        Add("COLORTERM", info.EnvColorterm);
        Add("TERM_PROGRAM", info.EnvTermProgram);
        return new TerminalRequest(new TerminalSize(Length("rows", info.WinszRows), Length("columns", info.WinszCols)), environment);

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                environment.Add(new(name, value));
            }
        }
    }

    private static ushort Length(string name, uint value) => value <= ushort.MaxValue
        ? (ushort)value
        : throw RpcFailedException.InvalidArgument($"The terminal has {value} {name}; at most {ushort.MaxValue} are possible.");
}
