using Google.Protobuf.WellKnownTypes;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Secrets: environment variables kept under a name or an id. Values are given out to processes only.</summary>
internal sealed class SecretService
{
    /// <summary>Secrets without a name are made by every create of some clients, and never deleted by them.</summary>
    private const int MaxEphemeral = 10_000;

    private readonly EnvironmentService _environments;
    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> _given;
    private readonly IdempotentCreates<SecretGetOrCreateResponse> _creates = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Environment, string Name), string> _ids = [];
    private readonly Queue<string> _ephemeral = new();

    /// <param name="environments">Where names live.</param>
    /// <param name="given">Secrets that every environment has from the start.</param>
    public SecretService(EnvironmentService environments, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> given)
    {
        _environments = environments;
        _given = given;
        environments.AddContent(RemoveAsync);
    }

    public void Register(RpcService service, AppService apps)
    {
        service.Unary("SecretGetOrCreate", (SecretGetOrCreateRequest request, RpcContext context) => GetOrCreateAsync(request, context, apps));
        service.Unary("SecretDelete", (SecretDeleteRequest request, RpcContext _) => Task.FromResult(Delete(request)));
    }

    /// <summary>The variables of a secret.</summary>
    public IReadOnlyDictionary<string, string> Find(string secretId)
    {
        lock (_gate)
        {
            return _byId.TryGetValue(secretId, out var entry) ? entry.Values : throw NoSecret(secretId);
        }
    }

    /// <summary>Fails unless there is such a secret, with a name.</summary>
    public void CheckNamed(string secretId)
    {
        lock (_gate)
        {
            if (!_byId.TryGetValue(secretId, out var entry))
            {
                throw NoSecret(secretId);
            }

            if (entry.Reply.Metadata.Name.Length == 0)
            {
                throw RpcFailedException.InvalidArgument($"Secret '{secretId}' has no name; only a secret with a name can be used here.");
            }
        }
    }

    /// <summary>All variables of the sources, later ones stronger.</summary>
    public void AddTo(IDictionary<string, string> environment, IEnumerable<SecretSource> sources)
    {
        foreach (var source in sources)
        {
            switch (source.SourceCase)
            {
                case SecretSource.SourceOneofCase.SecretId:
                    AddTo(environment, [source.SecretId]);
                    break;
                case SecretSource.SourceOneofCase.Env:
                    AddTo(environment, source.Env.Contents);
                    break;
                default:
                    throw RpcFailedException.InvalidArgument("A secret source has neither a secret id nor variables.");
            }
        }
    }

    /// <summary>All variables of secrets, later ones stronger.</summary>
    public void AddTo(IDictionary<string, string> environment, IEnumerable<string> secretIds)
    {
        foreach (var secretId in secretIds)
        {
            AddTo(environment, Find(secretId));
        }
    }

    /// <summary>Adds variables that came with a request.</summary>
    public static void AddTo(IDictionary<string, string> environment, IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (key, value) in variables)
        {
            ObjectNames.CheckVariable(key);
            if (value.Contains('\0', StringComparison.Ordinal))
            {
                throw RpcFailedException.InvalidArgument($"The value of '{key}' has a NUL character, which no process can be given.");
            }

            environment[key] = value;
        }
    }

    private static RpcFailedException NoSecret(string secretId) => RpcFailedException.NotFound($"There is no secret '{secretId}'.");

    private async Task<SecretGetOrCreateResponse> GetOrCreateAsync(SecretGetOrCreateRequest request, RpcContext context, AppService apps)
    {
        var environment = _environments.Resolve(request.EnvironmentName);
        if (request.AppId.Length > 0 || request.ObjectCreationType == ObjectCreationType.AnonymousOwnedByApp)
        {
            apps.Find(request.AppId);
        }

        return request.ObjectCreationType switch
        {
            ObjectCreationType.Unspecified => Get(environment, request),
            ObjectCreationType.Ephemeral or ObjectCreationType.AnonymousOwnedByApp
                => await _creates.RunAsync(context, () => Task.FromResult(AddEphemeral(environment, request))).ConfigureAwait(false),
            _ => Create(environment, request),
        };
    }

    private SecretGetOrCreateResponse Get(string environment, SecretGetOrCreateRequest request)
    {
        lock (_gate)
        {
            var entry = FindNamed(environment, request.DeploymentName)
                ?? throw RpcFailedException.NotFound($"There is no secret '{request.DeploymentName}' in environment '{environment}'.");
            CheckKeys(request, entry.Values.Keys);
            return entry.Reply;
        }
    }

    private static void CheckKeys(SecretGetOrCreateRequest request, IEnumerable<string> present)
    {
        string[] missing = [.. request.RequiredKeys.Except(present, StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            throw RpcFailedException.FailedPrecondition($"Secret is missing key(s) {string.Join(", ", missing)}: secret '{request.DeploymentName}' does not have them.");
        }
    }

    private SecretGetOrCreateResponse Create(string environment, SecretGetOrCreateRequest request)
    {
        ObjectNames.Check("secret", request.DeploymentName);
        var values = Copy(request.EnvDict);
        lock (_gate)
        {
            if (FindNamed(environment, request.DeploymentName) is { } known)
            {
                switch (request.ObjectCreationType)
                {
                    case ObjectCreationType.CreateIfMissing:
                        CheckKeys(request, known.Values.Keys);
                        return known.Reply;
                    case ObjectCreationType.CreateFailIfExists:
                        throw RpcFailedException.AlreadyExists($"There is a secret '{request.DeploymentName}' in environment '{environment}' already.");
                    default:
                        // What runs keeps the values that it was started with.
                        _byId.Remove(known.Reply.SecretId);
                        break;
                }
            }

            CheckKeys(request, values.Keys);
            return Add(environment, request.DeploymentName, values).Reply;
        }
    }

    private SecretGetOrCreateResponse AddEphemeral(string environment, SecretGetOrCreateRequest request)
    {
        var values = Copy(request.EnvDict);
        lock (_gate)
        {
            var reply = Add(environment, "", values).Reply;
            _ephemeral.Enqueue(reply.SecretId);
            if (_ephemeral.Count > MaxEphemeral)
            {
                _byId.Remove(_ephemeral.Dequeue());
            }

            return reply;
        }
    }

    private Empty Delete(SecretDeleteRequest request)
    {
        lock (_gate)
        {
            // The name keeps its id: a given secret does not come back when its name is asked for again.
            return _byId.Remove(request.SecretId) ? new Empty() : throw NoSecret(request.SecretId);
        }
    }

    private Task RemoveAsync(string environment)
    {
        lock (_gate)
        {
            // A given secret is there again when an environment of the same name is.
            foreach (var (key, id) in _ids.Where(secret => secret.Key.Environment == environment).ToArray())
            {
                _ids.Remove(key);
                _byId.Remove(id);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>A secret by name; a given one gets its id in an environment when it is first asked for.</summary>
    private Entry? FindNamed(string environment, string name)
    {
        if (_ids.TryGetValue((environment, name), out var id))
        {
            return _byId.GetValueOrDefault(id);
        }

        return _given.TryGetValue(name, out var values) ? Add(environment, name, values) : null;
    }

    private Entry Add(string environment, string name, IReadOnlyDictionary<string, string> values)
    {
        var reply = new SecretGetOrCreateResponse
        {
            SecretId = ModalIds.New("st"),
            Metadata = new SecretMetadata { Name = name, EnvironmentName = environment, Keys = { values.Keys } },
        };
        var entry = new Entry(reply, values);
        _byId.Add(reply.SecretId, entry);
        if (name.Length > 0)
        {
            _ids[(environment, name)] = reply.SecretId;
        }

        return entry;
    }

    private static Dictionary<string, string> Copy(IEnumerable<KeyValuePair<string, string>> variables)
    {
        var copy = new Dictionary<string, string>(StringComparer.Ordinal);
        AddTo(copy, variables);
        return copy;
    }

    private sealed record Entry(SecretGetOrCreateResponse Reply, IReadOnlyDictionary<string, string> Values);
}
