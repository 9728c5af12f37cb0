namespace ModalAI;

/// <summary>Ties tools to the life of something else than a call.</summary>
public static class ModalSandboxToolsExtensions
{
    /// <summary>The same functions for a session, whose calls share a sandbox. The caller disposes of the session, which gives the sandbox back.</summary>
    /// <param name="tools">The tools of a registration.</param>
    /// <param name="factory">The factory of the same registration.</param>
    public static ModalSandboxToolSession OpenSession(this ModalSandboxTools tools, IModalSandboxFactory factory)
    {
        ArgumentNullException.ThrowIfNull(tools);
        ArgumentNullException.ThrowIfNull(factory);
        return new ModalSandboxToolSession(tools, factory);
    }
}
