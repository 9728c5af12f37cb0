using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using ModalAI;
using ModalAI.Emulator;
using ModalAI.Emulator.DependencyInjection;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Runs sandboxes on this computer in the place of Modal's.</summary>
public static class ModalEmulatorBuilderExtensions
{
    /// <summary>
    /// Has the registration use an emulator inside this process: no account, no network, no cost. The emulator starts before the host's services and stops after
    /// them; registrations that use it share one, as they would share a workspace.
    /// </summary>
    /// <param name="builder">The registration.</param>
    /// <param name="configure">Changes how the emulator behaves; of several registrations all are applied.</param>
    public static IModalSandboxBuilder UseEmulator(this IModalSandboxBuilder builder, Action<ModalEmulatorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        builder.Services.TryAddSingleton<HostedEmulator>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, HostedEmulator>(static provider => provider.GetRequiredService<HostedEmulator>()));
        builder.Services.AddOptions<ModalClientOptions>(builder.Name).Configure<HostedEmulator>(static (options, emulator) =>
        {
            options.ServerUrl = emulator.ServerUrl;
            options.TokenId = "ak-emulator";
            options.TokenSecret = "as-emulator";
            options.UseEnvironmentVariables = false;
            options.UseConfigurationFile = false;

            // Said for Modal itself, in configuration that is shared with production.
            options.Profile = null;
            options.ConfigurationFile = null;
        });
        return builder;
    }
}
