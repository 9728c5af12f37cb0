using ModalAI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Goes on configuring a registration that <c>AddModalSandbox</c> began.</summary>
public static class ModalSandboxBuilderExtensions
{
    /// <summary>Sets options of the registration's client: server, credentials, time limits.</summary>
    /// <param name="builder">The registration.</param>
    /// <param name="configure">Sets the options; what it leaves out comes from <c>MODAL_*</c> variables, then from <c>.modal.toml</c>.</param>
    public static IModalSandboxBuilder ConfigureClient(this IModalSandboxBuilder builder, Action<ModalClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.Configure(builder.Name, configure);
        return builder;
    }
}
