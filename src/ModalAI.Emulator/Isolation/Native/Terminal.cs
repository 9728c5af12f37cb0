using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>
/// A pseudo-terminal of a sandbox. The child gets one side of it; pipes of which this process keeps the ends carry what is typed and printed on the other side,
/// each moved on by a thread of its own: reads of terminals cannot be waited for in another way. The threads end when nobody has the child's side open any more.
/// </summary>
internal sealed class Terminal : IDisposable
{
    private readonly ProcessPipe _input = new();
    private readonly ProcessPipe _output = new();
    private readonly TerminalRelay _relay;

    private Terminal(SafeFileHandle ours, SafeFileHandle theirs)
    {
        Child = theirs;
        _relay = new TerminalRelay(ours, Duplicate(_input.Read), Duplicate(_output.Write));
    }

    /// <summary>What becomes the child's standard streams.</summary>
    public SafeFileHandle Child { get; }

    /// <param name="multiplexer">The file <c>ptmx</c> of the sandbox's own terminals, which no path of the sandbox is needed for.</param>
    /// <param name="size">The terminal's size.</param>
    /// <param name="owner">Whom the child's side belongs to.</param>
    public static Terminal Open(SafeFileHandle multiplexer, TerminalSize size, (uint UserId, uint GroupId) owner)
    {
        const int ReadWrite = 2;
        const int NotControlling = 0x100;
        const int Flags = ReadWrite | NotControlling | Libc.OpenCloseOnExec;

        var ours = Descriptor.Open($"/proc/self/fd/{multiplexer.DangerousGetHandle()}", Flags);
        SafeFileHandle? theirs = null;
        try
        {
            Check(Libc.UnlockTerminal(ours), "Unlocking a terminal");
            Check(Libc.SetTerminalSize(ours, size.Rows, size.Columns), "Setting the size of a terminal");
            theirs = Descriptor.OpenTerminalPeer(ours, Flags);
            if (owner != (Libc.EffectiveUserId(), Libc.EffectiveGroupId()))
            {
                Check(Libc.ChangeOwner(theirs, owner.UserId, owner.GroupId), "Giving a terminal to the sandbox's root");
            }

            return new Terminal(ours, theirs);
        }
        catch
        {
            theirs?.Dispose();
            ours.Dispose();
            throw;
        }
    }

    /// <summary>Lets what is typed and printed flow. To be called once, when the child has its side.</summary>
    public (Stream Input, Stream Output) Connect()
    {
        _relay.Start();
        return (_input.TakeWriting(), _output.TakeReading());
    }

    /// <summary>Closes the child's side here, and all of it where the child was not started.</summary>
    public void Dispose()
    {
        Child.Dispose();
        _input.Dispose();
        _output.Dispose();
        _relay.DisposeUnlessStarted();
    }

    private static SafeFileHandle Duplicate(SafeFileHandle handle) => Descriptor.Duplicate(handle);

    private static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw Descriptor.LastError(what);
        }
    }
}
