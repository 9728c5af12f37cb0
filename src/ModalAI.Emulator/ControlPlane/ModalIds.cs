using System.Security.Cryptography;
using ModalAI.Emulator.Sandboxes;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Ids in the shapes of Modal's own: clients tell a sandbox's backend from them.</summary>
internal static class ModalIds
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int Base62Length = 22;
    private const int UlidLength = 26;

    /// <summary>A random id such as <c>ap-</c> and 22 letters and digits.</summary>
    public static string New(string prefix) => $"{prefix}-{RandomNumberGenerator.GetString(Base62, Base62Length)}";

    /// <summary>22 characters after <c>sb-</c> mean the V1 backend, a ULID's 26 mean V2.</summary>
    public static string NewSandbox(SandboxBackend backend)
        => backend == SandboxBackend.V1 ? New("sb") : $"sb-{NewUlid()}";

    public static string NewContainer() => $"ctr-{NewUlid()}";

    /// <summary>Some clients take a task whose id ends in V for one of the V2 backend.</summary>
    public static string NewTask(SandboxBackend backend) => $"ta-{NewUlid()[..^1]}{(backend == SandboxBackend.V2 ? 'V' : '1')}";

    /// <summary>The same id for the same content, whenever it is asked for.</summary>
    public static string FromContent(string prefix, ReadOnlySpan<byte> content)
    {
        var hash = SHA256.HashData(content);
        return string.Create(prefix.Length + 1 + Base62Length, (prefix, hash), static (id, source) =>
        {
            source.prefix.CopyTo(id);
            id[source.prefix.Length] = '-';
            for (var i = 0; i < Base62Length; i++)
            {
                id[source.prefix.Length + 1 + i] = Base62[source.hash[i] % Base62.Length];
            }
        });
    }

    /// <summary>A ULID starts with at most 7, since 26 characters of five bits hold two bits more than it has.</summary>
    private static string NewUlid() => $"0{RandomNumberGenerator.GetString(Crockford, UlidLength - 1)}";
}
