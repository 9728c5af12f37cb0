using ModalAI.Configuration;
using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Environments of the workspace: namespaces of apps, secrets and volumes.</summary>
public sealed class ModalEnvironments
{
    private readonly ControlPlane _controlPlane;
    private readonly ModalClientOptions _options;
    private readonly AsyncCache<string, string> _builderVersions = new();

    internal ModalEnvironments(ControlPlane controlPlane, ModalClientOptions options)
    {
        _controlPlane = controlPlane;
        _options = options;
    }

    /// <summary>Looks an environment up by its name (RPC EnvironmentGetOrCreate).</summary>
    /// <param name="name">Its name: 1 to 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, starting with a letter or digit, not with <c>en-</c>.</param>
    /// <param name="createIfMissing">Creates the environment when there is none of that name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">That is not the name of an environment.</exception>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such environment.</exception>
    public async Task<ModalEnvironment> GetAsync(string name, bool createIfMissing = false, CancellationToken cancellationToken = default)
    {
        ThrowIfInvalid(name, allowPeriods: true);
        try
        {
            var response = await _controlPlane.LookUpAsync(
                "EnvironmentGetOrCreate",
                static (stub, request, options) => stub.EnvironmentGetOrCreateAsync(request, options),
                new EnvironmentGetOrCreateRequest
                {
                    DeploymentName = name,
                    ObjectCreationType = createIfMissing ? ObjectCreationType.CreateIfMissing : ObjectCreationType.Unspecified,
                },
                cancellationToken).ConfigureAwait(false);
            return new ModalEnvironment(response.EnvironmentId, response.Metadata?.Name is { Length: > 0 } known ? known : name);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw NotFound(exception, name);
        }
    }

    /// <summary>Lists all environments of the workspace (RPC EnvironmentList).</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<ModalEnvironment>> ListAsync(CancellationToken cancellationToken = default)
    {
        var response = await _controlPlane.CallAsync(
            "EnvironmentList",
            static (stub, request, options) => stub.EnvironmentListAsync(request, options),
            new Google.Protobuf.WellKnownTypes.Empty(),
            cancellationToken).ConfigureAwait(false);
        return [.. response.Items.Select(static item => new ModalEnvironment(item.EnvironmentId, item.Name))];
    }

    /// <summary>Creates an environment (RPC EnvironmentCreate).</summary>
    /// <param name="name">Its name: 1 to 64 letters, digits, <c>-</c> and <c>_</c>, starting with a letter or digit, not with <c>en-</c>.</param>
    /// <param name="isRestricted">Restricts access to users with a role in the environment.</param>
    /// <param name="defaultRole">The role in it that members of the workspace have, such as <c>viewer</c> or <c>contributor</c>; null for Modal's default.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">An environment cannot have that name.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.AlreadyExists"/>: there is one of that name; <see cref="ModalErrorCode.InvalidArgument"/>: Modal does not know the role.
    /// </exception>
    public async Task CreateAsync(string name, bool isRestricted = false, string? defaultRole = null, CancellationToken cancellationToken = default)
    {
        ThrowIfInvalid(name, allowPeriods: false);
        try
        {
            await _controlPlane.CallAsync(
                "EnvironmentCreate",
                static (stub, request, options) => stub.EnvironmentCreateAsync(request, options),
                new EnvironmentCreateRequest { Name = name, IsManaged = isRestricted, DefaultMemberRoleStr = defaultRole ?? "" },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.AlreadyExists)
        {
            throw ModalErrors.Explain(exception, $"There is an environment '{name}' already.");
        }
    }

    /// <summary>Deletes an environment for good, with all apps, secrets, volumes and sandboxes in it (RPC EnvironmentDelete).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such environment.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        try
        {
            await _controlPlane.CallAsync(
                "EnvironmentDelete",
                static (stub, request, options) => stub.EnvironmentDeleteAsync(request, options),
                new EnvironmentDeleteRequest { Name = name },
                cancellationToken).ConfigureAwait(false);
            _builderVersions.Clear();
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw NotFound(exception, name);
        }
    }

    /// <summary>Words for a message: where something was looked for.</summary>
    internal static string In(string environment) => environment.Length > 0 ? $" in environment '{environment}'" : "";

    /// <summary>The image builder version of an environment (RPC EnvironmentGetOrCreate); an option or variable goes before it.</summary>
    internal Task<string> GetImageBuilderVersionAsync(string environment, CancellationToken cancellationToken) =>
        _options.ImageBuilderVersion is { Length: > 0 } version
            ? Task.FromResult(version)
            : _builderVersions.GetAsync(environment, FetchAsync, cancellationToken);

    private static void ThrowIfInvalid(string name, bool allowPeriods)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!ModalNames.IsEnvironmentName(name) || (!allowPeriods && name.Contains('.', StringComparison.Ordinal)))
        {
            throw new ArgumentException(
                $"{OptionErrors.Show(name)} is not the name of {(allowPeriods ? "an" : "a new")} environment: {ModalNames.EnvironmentNameRule}{(allowPeriods ? "" : "; a new one has no '.'")}.",
                nameof(name));
        }
    }

    private static ModalException NotFound(ModalException exception, string name) =>
        ModalErrors.Explain(exception, $"Environment '{name}' was not found. Create it, or correct the name.");

    private async Task<string> FetchAsync(string environment)
    {
        var response = await _controlPlane.LookUpAsync(
            "EnvironmentGetOrCreate",
            static (stub, request, options) => stub.EnvironmentGetOrCreateAsync(request, options),
            new EnvironmentGetOrCreateRequest { DeploymentName = environment },
            CancellationToken.None).ConfigureAwait(false);
        return response.Metadata?.Settings?.ImageBuilderVersion ?? "";
    }
}
