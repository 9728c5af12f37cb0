using Microsoft.Extensions.AI;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>The functions of all dialects.</summary>
internal static class AllFunctions
{
    public static IEnumerable<AIFunction> Of(ModalSandbox sandbox, bool keepsState = false) => Enum.GetValues<ModalToolDialect>().SelectMany(dialect =>
        new ModalSandboxTools(sandbox, new ModalSandboxToolOptions { Dialect = dialect, InlineMedia = true, KeepShellState = keepsState }, new ReadingSink()).OfType<AIFunction>());

    /// <summary>An application that takes the files.</summary>
    private sealed class ReadingSink : IModalArtifactSink
    {
        public Task PublishAsync(ModalArtifact artifact, CancellationToken cancellationToken) => artifact.Content.CopyToAsync(Stream.Null, cancellationToken);
    }
}
