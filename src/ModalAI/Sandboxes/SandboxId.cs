namespace ModalAI.Sandboxes;

/// <summary>The shape of a sandbox's id tells its backend, and with that which family of RPCs it takes.</summary>
internal static class SandboxId
{
    private const string Prefix = "sb-";
    private const int V1Length = 22;

    /// <summary>V1 ids are <c>sb-</c> and exactly 22 letters or digits; all others are V2.</summary>
    public static bool IsV2(string id) =>
        !(id.StartsWith(Prefix, StringComparison.Ordinal) && id.Length == Prefix.Length + V1Length && id.AsSpan(Prefix.Length).IndexOfAnyExcept(AsciiLettersAndDigits) < 0);

    private static readonly System.Buffers.SearchValues<char> AsciiLettersAndDigits =
        System.Buffers.SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}
