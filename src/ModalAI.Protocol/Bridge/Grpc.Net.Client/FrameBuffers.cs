using System.Buffers;

namespace Grpc.Net.Client;

/// <summary>
/// Memory for frames. The shared pool keeps arrays for each thread, which with large ones is many times what is in use; of those a few are kept in all.
/// </summary>
internal static class FrameBuffers
{
    private const int MaxShared = 16 * 1024;
    private const int MaxKept = 4 * 1024 * 1024;
    private const int MaxKeptOfASize = 2;

    private static readonly ArrayPool<byte> Large = ArrayPool<byte>.Create(MaxKept, MaxKeptOfASize);

    public static byte[] Rent(int length) => length > MaxShared ? Large.Rent(length) : ArrayPool<byte>.Shared.Rent(length);

    public static void Return(byte[] array)
    {
        if (array.Length > MaxShared)
        {
            Large.Return(array);
        }
        else
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
