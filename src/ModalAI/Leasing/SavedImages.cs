using ModalAI.Diagnostics;

namespace ModalAI.Leasing;

/// <summary>Images of saved files that nobody will continue from any more.</summary>
internal static class SavedImages
{
    /// <summary>Deletes one. Modal does it by itself some day, so a failure is only logged.</summary>
    public static async Task DeleteAsync(LeasingContext context, string imageId)
    {
        try
        {
            await context.Client.Images.DeleteAsync(imageId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ModalException exception)
        {
            Log.SavedImageNotDeleted(context.Logger, exception, imageId);
        }
    }
}
