using Microsoft.Extensions.DependencyInjection;

namespace ModalAI.DependencyInjection;

internal sealed record ModalSandboxBuilder(string Name, IServiceCollection Services) : IModalSandboxBuilder;
