using System.Runtime.InteropServices;
using System.Text;

namespace ModalAI.Emulator.Isolation.Native;

/// <summary>Texts as the NULL-terminated array of NUL-terminated UTF-8 that exec takes, in one piece of memory.</summary>
internal readonly unsafe ref struct NativeStringArray
{
    public NativeStringArray(IReadOnlyList<string> texts)
    {
        var pointers = (nuint)(texts.Count + 1) * (nuint)sizeof(byte*);
        nuint size = pointers;
        foreach (var text in texts)
        {
            size += (nuint)Encoding.UTF8.GetByteCount(text) + 1;
        }

        Pointer = (byte**)NativeMemory.Alloc(size);
        var next = (byte*)Pointer + pointers;
        var end = (byte*)Pointer + size;
        for (var i = 0; i < texts.Count; i++)
        {
            Pointer[i] = next;
            next += Encoding.UTF8.GetBytes(texts[i], new Span<byte>(next, (int)(end - next)));
            *next++ = 0;
        }

        Pointer[texts.Count] = null;
    }

    public byte** Pointer { get; }

    public void Dispose() => NativeMemory.Free(Pointer);
}
