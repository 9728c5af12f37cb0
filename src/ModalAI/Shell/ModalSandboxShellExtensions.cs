using ModalAI.Shell;

namespace ModalAI;

/// <summary>Shells of sandboxes, for code that works in them without a model.</summary>
public static class ModalSandboxShellExtensions
{
    /// <summary>A shell of a sandbox. Nothing is asked of the sandbox, and there is nothing to dispose of.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="workingDirectory">
    /// Where commands run and relative paths start: an absolute path. It has to exist before commands run; <c>CreateDirectoryAsync(".", recursive:
    /// true)</c> makes it.
    /// </param>
    /// <exception cref="ArgumentException">The path is not absolute.</exception>
    public static IModalSandboxShell OpenShell(this ModalSandbox sandbox, string workingDirectory = "/")
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        return new SandboxShell(() => sandbox, workingDirectory);
    }

    /// <summary>A shell of the sandbox that a lease has: where another one takes its place, calls go there from then on.</summary>
    /// <param name="lease">The lease. Calls fail with <see cref="ObjectDisposedException"/> when it has ended.</param>
    /// <param name="workingDirectory">As for <see cref="OpenShell(ModalSandbox, string)"/>.</param>
    /// <exception cref="ArgumentException">The path is not absolute.</exception>
    public static IModalSandboxShell OpenShell(this ModalSandboxLease lease, string workingDirectory = "/")
    {
        ArgumentNullException.ThrowIfNull(lease);
        return new SandboxShell(() => lease.Sandbox, workingDirectory);
    }
}
