using ModalAI.Protocol;

namespace ModalAI;

/// <summary>What Modal says of an app (proto AppHandleMetadata).</summary>
public sealed record ModalAppInfo
{
    private ModalAppInfo()
    {
    }

    /// <summary>Its id (<c>ap-…</c>).</summary>
    public required string Id { get; init; }

    /// <summary>Its description, for a deployed app its name.</summary>
    public required string Description { get; init; }

    /// <summary>What it is doing.</summary>
    public required ModalAppState State { get; init; }

    /// <summary>The number of the deployment; null when there was none.</summary>
    public int? Version { get; init; }

    /// <summary>When it was created; null when Modal does not say.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Who created it; empty when Modal does not say.</summary>
    public string CreatedBy { get; init; } = "";

    /// <summary>When it was last deployed; null when it was not.</summary>
    public DateTimeOffset? DeployedAt { get; init; }

    /// <summary>Who deployed it last; null when nobody did.</summary>
    public string? DeployedBy { get; init; }

    /// <summary>When it was stopped; null when it was not.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Who stopped it; null when nobody did.</summary>
    public string? StoppedBy { get; init; }

    /// <summary>Ids of its functions by their names.</summary>
    public IReadOnlyDictionary<string, string> Functions { get; init; } = new Dictionary<string, string>();

    /// <summary>Ids of its servers by their names.</summary>
    public IReadOnlyDictionary<string, string> Servers { get; init; } = new Dictionary<string, string>();

    internal static ModalAppInfo From(string id, AppHandleMetadata metadata)
    {
        var lifecycle = metadata.Lifecycle ?? new AppLifecycle();
        return new ModalAppInfo
        {
            Id = id,
            Description = metadata.Description,
            State = StateOf(lifecycle.AppState),
            Version = lifecycle.Version == 0 ? null : lifecycle.Version,
            CreatedAt = TimeOf(lifecycle.CreatedAt),
            CreatedBy = lifecycle.CreatedBy,
            DeployedAt = TimeOf(lifecycle.DeployedAt),
            DeployedBy = TextOf(lifecycle.DeployedBy),
            StoppedAt = TimeOf(lifecycle.StoppedAt),
            StoppedBy = TextOf(lifecycle.StoppedBy),
            Functions = new Dictionary<string, string>(metadata.Functions, StringComparer.Ordinal),
            Servers = new Dictionary<string, string>(metadata.Servers, StringComparer.Ordinal),
        };
    }

    private static ModalAppState StateOf(AppState state) => state switch
    {
        // Modal's own clients take an app of which nothing is said for one that nobody deployed.
        AppState.Unspecified or AppState.Ephemeral => ModalAppState.Ephemeral,
        AppState.Detached or AppState.DetachedDisconnected => ModalAppState.Detached,
        AppState.Deployed => ModalAppState.Deployed,
        AppState.Stopping => ModalAppState.Stopping,
        AppState.Stopped => ModalAppState.Stopped,
        AppState.Initializing => ModalAppState.Initializing,
        AppState.Disabled => ModalAppState.Disabled,
        _ => ModalAppState.Unknown,
    };

    private static DateTimeOffset? TimeOf(double seconds) => seconds > 0 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    private static string? TextOf(string text) => text.Length > 0 ? text : null;
}
