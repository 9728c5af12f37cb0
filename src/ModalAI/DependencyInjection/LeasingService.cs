using Microsoft.Extensions.Hosting;
using ModalAI.Leasing;

namespace ModalAI.DependencyInjection;

/// <summary>Has a registration's factory begin and end with the host.</summary>
/// <param name="getFactory">Gets the factory, once the host has validated its options.</param>
internal sealed class LeasingService(Func<IModalSandboxFactory> getFactory) : IHostedLifecycleService
{
    private ModalSandboxFactory? _factory;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // One of the application's own is left to itself.
        _factory = getFactory() as ModalSandboxFactory;
        _factory?.Start();
        return Task.CompletedTask;
    }

    /// <summary>After all services have stopped, in whatever order they were added: until then they may use their sandboxes.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => _factory?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
