namespace ModalAI.Emulator.FileSystem;

/// <summary>Linux error numbers that a decision is taken by; they are the same on x86_64 and arm64.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;
    public const int NotFound = 2;
    public const int NoProcess = 3;
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int AccessDenied = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int CrossesDevice = 18;
    public const int NotDirectory = 20;
    public const int IsDirectory = 21;
    public const int InvalidArgument = 22;
    public const int ReadOnlyFileSystem = 30;
    public const int NotEmpty = 39;
    public const int Loop = 40;
}
