namespace ModalAI.Emulator.FileSystem;

/// <summary>Tells failures of the sandbox's files apart from failures of the streams that the bytes go to and come from.</summary>
internal static class FileErrors
{
    public static async ValueTask<T> TranslateAsync<T>(ValueTask<T> operation)
    {
        try
        {
            return await operation.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Translate(exception);
        }
    }

    public static async ValueTask TranslateAsync(ValueTask operation)
    {
        try
        {
            await operation.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Translate(exception);
        }
    }

    private static FileSystemException Translate(Exception exception) => new(ErrorKind.Io, exception.Message);
}
