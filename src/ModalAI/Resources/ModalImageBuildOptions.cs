namespace ModalAI;

/// <summary>How to wait for the build of an image.</summary>
public sealed record ModalImageBuildOptions
{
    /// <summary>
    /// Hears each line that the build prints, as it is printed, one after another; null for nobody. Nothing is printed for an image that was built before. One
    /// that joins a build in its course first hears the last lines printed so far.
    /// </summary>
    /// <remarks>All lines have been reported when the build is reported to have ended. What it throws ends the wait of the call that it was given to.</remarks>
    public IProgress<ModalImageBuildLogLine>? Log { get; init; }

    /// <summary>How long to wait for all layers; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for as long as it takes. Default an hour.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(1);
}
