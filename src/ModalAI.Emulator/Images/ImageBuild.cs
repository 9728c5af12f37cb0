using ModalAI.Emulator.Isolation;
using ModalAI.Protocol;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Emulator.Images;

/// <summary>The making of one image, which goes on whether or not somebody waits for it.</summary>
internal sealed class ImageBuild
{
    private ImageBuild(string imageId, TimeProvider time)
    {
        ImageId = imageId;
        Log = new ImageBuildLog(time);
    }

    public string ImageId { get; }

    public ImageBuildLog Log { get; }

    /// <summary>How it ended; null while it goes on.</summary>
    public GenericResult? Result { get; private set; }

    /// <summary>Ends when the build has, without failure.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <param name="imageId">The image's id.</param>
    /// <param name="recipe">What to make; its layers are held until the end.</param>
    /// <param name="host">Where commands run.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="time">Measures that.</param>
    /// <param name="built">Takes the image, and the holds of its layers, before the build is said to have succeeded.</param>
    /// <param name="stopping">Ends it early.</param>
    public static ImageBuild Start(
        string imageId, BuildRecipe recipe, Task<SandboxHost> host, TimeSpan limit, TimeProvider time, Action<ImageContent> built, CancellationToken stopping)
    {
        var build = new ImageBuild(imageId, time);
        build.Ended = Task.Run(() => build.RunAsync(recipe, host, limit, time, built, stopping), CancellationToken.None);
        return build;
    }

    private async Task RunAsync(
        BuildRecipe recipe, Task<SandboxHost> host, TimeSpan limit, TimeProvider time, Action<ImageContent> built, CancellationToken stopping)
    {
        var result = new GenericResult { Status = GenericStatus.Success };
        using var timer = new CancellationTokenSource(limit, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stopping);
        try
        {
            Log.Add(FileDescriptor.Info, $"Building image {ImageId}\n");
            var steps = new ImageSteps(ImageId, recipe, await host.WaitAsync(ending.Token).ConfigureAwait(false), Log);
            await using (steps.ConfigureAwait(false))
            {
                built(await steps.RunAsync(ending.Token).ConfigureAwait(false));
            }

            Log.Add(FileDescriptor.Info, $"Finished image build for {ImageId}\n");
        }
        catch (Exception exception) when (stopping.IsCancellationRequested)
        {
            result = new GenericResult { Status = GenericStatus.Terminated, Exception = $"The emulator was stopped. ({exception.GetType().Name})" };
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            result = new GenericResult { Status = GenericStatus.Timeout, Exception = $"The build took longer than {limit.TotalSeconds:0} seconds." };
        }
        catch (Exception exception) when (exception is DockerfileException or IsolationUnavailableException or ProcessStartException or IOException or ArgumentException)
        {
            result = new GenericResult { Status = GenericStatus.Failure, Exception = exception.Message };
        }
        catch (Exception exception)
        {
            // Whoever waits for the build hears of it, whatever it was.
            result = new GenericResult { Status = GenericStatus.InternalFailure, Exception = $"{exception.GetType().Name}: {exception.Message}" };
        }

        if (result.Status != GenericStatus.Success)
        {
            Log.Add(FileDescriptor.Info, $"Terminating task due to error: {result.Exception}\n");
        }

        Result = result;
        Log.Complete();
    }
}
