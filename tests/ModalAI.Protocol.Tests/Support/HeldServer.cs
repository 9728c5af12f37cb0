using Microsoft.AspNetCore.Http;

namespace ModalAI.Protocol.Tests.Support;

/// <summary>A server that begins to answer and then says nothing more until the client gives the request up.</summary>
internal sealed class HeldServer : IAsyncDisposable
{
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RouterConnection? _router;

    /// <summary>Completes when the server has a request.</summary>
    public Task Arrived => _arrived.Task.WaitAsync(TestTimeout.Limit);

    /// <summary>Completes when the server has seen that the client gave a request up.</summary>
    public Task Aborted => _aborted.Task.WaitAsync(TestTimeout.Limit);

    public RouterConnection Router => _router!;

    public static async Task<HeldServer> OpenAsync(RequestDelegate? begin = null, bool throwOperationCanceled = false)
    {
        var held = new HeldServer();
        held._router = await RouterConnection.OpenAsync(
            async http =>
            {
                if (begin is not null)
                {
                    await begin(http);
                }

                held._arrived.TrySetResult();
                await http.WaitForAbortAsync();
                held._aborted.TrySetResult();
            },
            options => options.ThrowOperationCanceledOnCancellation = throwOperationCanceled);
        return held;
    }

    public ValueTask DisposeAsync() => Router.DisposeAsync();
}
