using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

/// <summary>Secrets of the workspace. Ids are remembered.</summary>
public sealed class ModalSecrets
{
    private readonly ControlPlane _controlPlane;
    private readonly ModalClientOptions _options;
    private readonly AsyncCache<(string Name, string Environment, string RequiredKeys), string> _ids = new();

    internal ModalSecrets(ControlPlane controlPlane, ModalClientOptions options)
    {
        _controlPlane = controlPlane;
        _options = options;
    }

    /// <summary>Makes sure that a named secret exists and has the keys that it must have (RPC SecretGetOrCreate).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="requiredKeys">Keys that it must have.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The secret, to be given to a sandbox or a command.</returns>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such secret, or a key is missing.</exception>
    public async Task<ModalSecret> GetAsync(
        string name, IReadOnlyList<string>? requiredKeys = null, string? environment = null, CancellationToken cancellationToken = default)
    {
        var secret = ModalSecret.FromName(name, requiredKeys ?? []);
        var key = KeyOf(secret, environment);
        _ids.Set(key, await FetchAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false));
        return secret;
    }

    /// <summary>Deletes a secret for good (RPC SecretDelete). What runs keeps the values that it was started with.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="allowMissing">Does nothing when there is no such secret.</param>
    /// <param name="environment">The Modal environment; null for <see cref="ModalClientOptions.Environment"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ModalException"><see cref="ModalErrorCode.NotFound"/>: there is no such secret.</exception>
    public async Task DeleteAsync(string name, bool allowMissing = false, string? environment = null, CancellationToken cancellationToken = default)
    {
        var secret = ModalSecret.FromName(name);
        try
        {
            // What is remembered may be an older one of that name.
            var id = await FetchAsync(KeyOf(secret, environment)).WaitAsync(cancellationToken).ConfigureAwait(false);
            await _controlPlane.CallAsync(
                "SecretDelete",
                static (stub, request, options) => stub.SecretDeleteAsync(request, options),
                new SecretDeleteRequest { SecretId = id },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound && allowMissing)
        {
            // It is gone, which is what the caller wanted.
        }

        Forget();
    }

    internal void Forget() => _ids.Clear();

    /// <summary>The id of a named secret, looked up once.</summary>
    internal Task<string> GetIdAsync(ModalSecret secret, string? environment, CancellationToken cancellationToken) =>
        _ids.GetAsync(KeyOf(secret, environment), FetchAsync, cancellationToken);

    /// <summary>Ids of the named ones among the secrets, in order, looked up side by side.</summary>
    internal Task<string[]> GetIdsAsync(IEnumerable<ModalSecret> secrets, string? environment, CancellationToken cancellationToken) =>
        Task.WhenAll(secrets.Where(static secret => secret.Name is not null).Select(secret => GetIdAsync(secret, environment, cancellationToken)));

    /// <summary>The id of a secret where only ids can be sent: of a named one, or of one that its values are stored as for this purpose.</summary>
    internal Task<string> GetStoredIdAsync(ModalSecret secret, string? environment, CancellationToken cancellationToken) =>
        secret.Values is { } values ? CreateEphemeralAsync(values, environment, cancellationToken) : GetIdAsync(secret, environment, cancellationToken);

    /// <summary>Likewise the ids of secrets, and after them of variables where there are any, in order; looked up and stored side by side.</summary>
    internal Task<string[]> GetStoredIdsAsync(
        IEnumerable<ModalSecret> secrets, IReadOnlyDictionary<string, string> variables, string? environment, CancellationToken cancellationToken)
    {
        ModalSecret[] ofVariables = variables.Count > 0 ? [ModalSecret.FromValues(variables)] : [];
        return Task.WhenAll(secrets.Concat(ofVariables).Select(secret => GetStoredIdAsync(secret, environment, cancellationToken)));
    }

    /// <summary>Stores values as a secret that lives as long as what uses it (object creation type EPHEMERAL), where only ids can be sent.</summary>
    private async Task<string> CreateEphemeralAsync(IReadOnlyDictionary<string, string> values, string? environment, CancellationToken cancellationToken)
    {
        var request = new SecretGetOrCreateRequest
        {
            ObjectCreationType = ObjectCreationType.Ephemeral,
            EnvironmentName = environment ?? _options.Environment ?? "",
        };
        foreach (var (name, value) in values)
        {
            request.EnvDict.Add(name, value);
        }

        try
        {
            var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            return response.SecretId;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.Conflict)
        {
            // There is no state that it could conflict with: it is the values that Modal does not take.
            throw new ModalException(ModalErrorCode.InvalidArgument, exception.Message, exception);
        }
    }

    /// <summary>
    /// What a request says of secrets and variables: in order, so that a later one goes before an earlier one, and variables before secrets
    /// (proto SecretSource).
    /// </summary>
    internal async Task<List<SecretSource>> GetSourcesAsync(
        IReadOnlyList<ModalSecret> secrets, IReadOnlyDictionary<string, string> variables, string? environment, CancellationToken cancellationToken)
    {
        var ids = secrets.Count == 0 ? [] : await GetIdsAsync(secrets, environment, cancellationToken).ConfigureAwait(false);
        var sources = new List<SecretSource>(secrets.Count + 1);
        var next = 0;
        foreach (var secret in secrets)
        {
            if (secret.Values is null)
            {
                sources.Add(new SecretSource { SecretId = ids[next++] });
            }
            else if (secret.Values.Count > 0)
            {
                sources.Add(new SecretSource { Env = MapOf(secret.Values) });
            }
        }

        if (variables.Count > 0)
        {
            sources.Add(new SecretSource { Env = MapOf(variables) });
        }

        return sources;
    }

    /// <summary>The ids among what a request says of secrets, which some messages want beside it.</summary>
    internal static IEnumerable<string> IdsOf(IEnumerable<SecretSource> sources) =>
        sources.Where(static source => source.SourceCase == SecretSource.SourceOneofCase.SecretId).Select(static source => source.SecretId);

    private static StringMap MapOf(IReadOnlyDictionary<string, string> values)
    {
        var map = new StringMap();
        foreach (var (name, value) in values)
        {
            map.Contents.Add(name, value);
        }

        return map;
    }

    private (string Name, string Environment, string RequiredKeys) KeyOf(ModalSecret secret, string? environment) =>
        (secret.Name!, environment ?? _options.Environment ?? "", string.Join('\n', secret.RequiredKeys));

    private async Task<string> FetchAsync((string Name, string Environment, string RequiredKeys) key)
    {
        var request = new SecretGetOrCreateRequest { DeploymentName = key.Name, EnvironmentName = key.Environment };
        request.RequiredKeys.AddRange(key.RequiredKeys.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        try
        {
            var response = await SendAsync(request, CancellationToken.None).ConfigureAwait(false);
            return response.SecretId;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(
                exception, $"Secret '{key.Name}' was not found{ModalEnvironments.In(key.Environment)}. Create it in Modal, or correct Secrets of ModalSandboxOptions.");
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.Conflict && exception.Message.Contains("Secret is missing key", StringComparison.Ordinal))
        {
            throw new ModalException(ModalErrorCode.NotFound, $"Secret '{key.Name}' lacks a key that it must have: {exception.Message}", exception);
        }
    }

    private Task<SecretGetOrCreateResponse> SendAsync(SecretGetOrCreateRequest request, CancellationToken cancellationToken) =>
        _controlPlane.LookUpAsync(
            "SecretGetOrCreate", static (stub, request, options) => stub.SecretGetOrCreateAsync(request, options), request, cancellationToken);
}
