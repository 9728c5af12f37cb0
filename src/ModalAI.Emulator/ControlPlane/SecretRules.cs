using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>How the ordered secret sources of a request go with the fields that came before them.</summary>
internal static class SecretRules
{
    public static void CheckSources(IReadOnlyCollection<SecretSource> sources, IReadOnlyCollection<string> secretIds, StringMap? ephemeral)
    {
        if (ephemeral?.Contents.Count > 0)
        {
            throw RpcFailedException.InvalidArgument("secret_sources cannot be combined with ephemeral_secrets.");
        }

        var ids = sources.Where(source => source.SourceCase == SecretSource.SourceOneofCase.SecretId).Select(source => source.SecretId).ToHashSet();
        if (secretIds.Count > 0 && !ids.SetEquals(secretIds))
        {
            throw RpcFailedException.InvalidArgument("definition.secret_ids differs from the ids in secret_sources.");
        }
    }
}
