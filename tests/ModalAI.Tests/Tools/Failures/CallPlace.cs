namespace ModalAI.Tests.Tools.Failures;

/// <summary>Where a function works.</summary>
internal enum CallPlace
{
    /// <summary>In a sandbox that is there, and stays the same.</summary>
    Sandbox,

    /// <summary>Likewise, by a client that does not wait long between its attempts, nor for a server that does not answer.</summary>
    HastySandbox,

    /// <summary>In the sandbox of a response, which its first call creates.</summary>
    Response,

    /// <summary>Likewise, when all that is looked up once is known.</summary>
    LaterResponse,
}
