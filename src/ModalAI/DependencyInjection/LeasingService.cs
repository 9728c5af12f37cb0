using Microsoft.Extensions.Hosting;
using ModalAI.Leasing;

namespace ModalAI.DependencyInjection;

/// <summary>Has a registration's factory begin and end with the host.</summary>
/// <param name="getFactory">Gets the factory, once the host has validated its options.</param>
internal sealed class LeasingService(Func<IModalSandboxFactory> getFactory) : IHostedService
{
    private ModalSandboxFactory? _factory;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // One of the application's own is left to itself.
        _factory = getFactory() as ModalSandboxFactory;
        _factory?.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _factory?.StopAsync(cancellationToken) ?? Task.CompletedTask;
}
