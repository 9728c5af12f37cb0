namespace ModalAI;

/// <summary>
/// Takes the files that an agent publishes out of its sandbox. It belongs to the application, which alone decides where they go; the agent chooses the file in the
/// sandbox, nothing else.
/// </summary>
public interface IModalArtifactSink
{
    /// <summary>Takes a file. What it throws is not shown to the model, but reaches the application as the failure of the tool call.</summary>
    /// <param name="artifact">The file; its stream can be read until this method's task has ended.</param>
    /// <param name="cancellationToken">Cancelled with the tool call.</param>
    Task PublishAsync(ModalArtifact artifact, CancellationToken cancellationToken = default);
}
