namespace ModalAI;

/// <summary>What a connect token is for, for <see cref="ModalSandbox.CreateConnectTokenAsync"/>.</summary>
public sealed record ModalConnectTokenOptions
{
    /// <summary>The port of the sandbox that it opens, 1 to 65535. Default 8080.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>What the program in the sandbox learns of whoever shows the token, in the header <c>X-Verified-User-Data</c>; null for nothing.</summary>
    public string? UserMetadata { get; init; }
}
