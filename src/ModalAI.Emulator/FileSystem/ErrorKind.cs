namespace ModalAI.Emulator.FileSystem;

/// <summary>The words that Modal's program answers with in <c>error_kind</c>; the SDKs choose their error types by them.</summary>
internal enum ErrorKind
{
    NotFound,
    NotDirectory,
    IsFile,
    IsDirectory,
    PathAlreadyExists,
    AlreadyExists,
    DirectoryNotEmpty,
    FileTooLarge,
    PermissionDenied,
    NotSupported,
    Io,
}
