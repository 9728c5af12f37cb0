using Microsoft.Extensions.DependencyInjection;

namespace ModalAI;

/// <summary>Goes on configuring a registration that <c>AddModalSandbox</c> began.</summary>
public interface IModalSandboxBuilder
{
    /// <summary>The registration's name and service key; empty for the one without a name.</summary>
    string Name { get; }

    /// <summary>The services.</summary>
    IServiceCollection Services { get; }
}
