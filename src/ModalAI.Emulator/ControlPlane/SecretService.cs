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
    }

    public void Register(RpcService service)
    {
        service.Unary("SecretGetOrCreate", (SecretGetOrCreateRequest request, RpcContext context) => GetOrCreateAsync(request, context));
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
                    AddTo(environment, source.SecretId);
                    break;
                case SecretSource.SourceOneofCase.Env:
                    AddTo(environment, source.Env.Contents);
                    break;
                default:
                    throw RpcFailedException.InvalidArgument("A secret source has neither a secret id nor variables.");
            }
        }
    }

    /// <summary>Adds the variables of one secret.</summary>
    public void AddTo(IDictionary<string, string> environment, string secretId) => AddTo(environment, Find(secretId));

    /// <summary>Adds variables that came with a request.</summary>
    public static void AddTo(IDictionary<string, string> environment, IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (key, value) in variables)
        {
            ObjectNames.CheckVariable(key);
            environment[key] = value;
        }
    }

    private static RpcFailedException NoSecret(string secretId) => RpcFailedException.NotFound($"There is no secret '{secretId}'.");

    private async Task<SecretGetOrCreateResponse> GetOrCreateAsync(SecretGetOrCreateRequest request, RpcContext context)
    {
        var environment = _environments.Resolve(request.EnvironmentName);
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
        Entry entry;
        lock (_gate)
        {
            entry = FindNamed(environment, request.DeploymentName)
                ?? throw RpcFailedException.NotFound($"There is no secret '{request.DeploymentName}' in environment '{environment}'.");
        }

        string[] missing = [.. request.RequiredKeys.Where(key => !entry.Values.ContainsKey(key))];
        return missing.Length == 0
            ? entry.Reply
            : throw RpcFailedException.FailedPrecondition($"Secret is missing key(s) {string.Join(", ", missing)}: secret '{request.DeploymentName}' does not have them.");
    }

    private SecretGetOrCreateResponse Create(string environment, SecretGetOrCreateRequest request)
    {
        ObjectNames.Check("secret", request.DeploymentName);
        lock (_gate)
        {
            if (FindNamed(environment, request.DeploymentName) is { } known)
            {
                switch (request.ObjectCreationType)
                {
                    case ObjectCreationType.CreateIfMissing:
                        return known.Reply;
                    case ObjectCreationType.CreateFailIfExists:
                        throw RpcFailedException.AlreadyExists($"There is a secret '{request.DeploymentName}' in environment '{environment}' already.");
                }
            }

            return Add(environment, request.DeploymentName, Copy(request.EnvDict)).Reply;
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
