using System.Runtime.InteropServices;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>A text as NUL-terminated UTF-8.</summary>
internal readonly unsafe ref struct NativeString(string text)
{
    public byte* Pointer { get; } = (byte*)Marshal.StringToCoTaskMemUTF8(text);

    public void Dispose() => Marshal.FreeCoTaskMem((nint)Pointer);
}
