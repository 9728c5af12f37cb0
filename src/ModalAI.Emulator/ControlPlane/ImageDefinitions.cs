using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using ModalAI.Emulator.Images;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;

namespace ModalAI.Emulator.ControlPlane;

/// <summary>Reads what images are to be, and refuses what the emulator does not do.</summary>
internal sealed class ImageDefinitions(IReadOnlyDictionary<string, string> directories, SecretService secrets, Acceptance acceptance)
{
    /// <summary>The keys of the secrets that registries are entered with.</summary>
    private static readonly Dictionary<RegistryAuthType, string[]> RegistryKeys = new()
    {
        [RegistryAuthType.Aws] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"],
        [RegistryAuthType.Gcp] = ["SERVICE_ACCOUNT_JSON"],
        [RegistryAuthType.StaticCreds] = ["REGISTRY_USERNAME", "REGISTRY_PASSWORD"],
    };

    /// <summary>Secrets are part of what an id is made from. Nobody is to find them out from it by trying.</summary>
    private readonly byte[] _secretKey = RandomNumberGenerator.GetBytes(32);

    /// <param name="image">As the client sent it.</param>
    /// <param name="builderVersion">Part of the recipe.</param>
    /// <param name="find">The image of an id.</param>
    /// <returns>The recipe, and a hash that stands for all of it.</returns>
    public (BuildRecipe Recipe, byte[] Key) Read(Image image, string builderVersion, Func<string, ImageContent> find)
    {
        Unsupported.RefuseUnknownFields(image);
        Refuse(image);
        var lines = image.DockerfileCommands.SelectMany(static command => command.ReplaceLineEndings("\n").Split('\n')).ToList();
        var first = lines.FindIndex(static line => line.AsSpan().Trim() is not ({ Length: 0 } or ['#', ..]));
        var source = first < 0 ? throw RpcFailedException.InvalidArgument("An image has no commands; the first must be 'FROM' and a tag.") : ReadSource(lines[first]);
        List<string> commands = [.. lines.Skip(first + 1)];
        RefuseInstructions(commands);
        var known = image.BaseImages.FirstOrDefault(candidate => candidate.DockerTag == source);
        CheckRegistry(image.ImageRegistryConfig, source, isPulled: known is null && !directories.ContainsKey(source));
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        secrets.AddTo(environment, image.SecretIds);
        var recipe = new BuildRecipe
        {
            Base = known is null ? new ImageContent(directories.GetValueOrDefault(source), []) : find(known.ImageId),
            Commands = commands.TrueForAll(string.IsNullOrWhiteSpace) ? [] : commands,
            Secrets = environment,
            Arguments = image.BuildArgs,
        };
        return (recipe, Hash(recipe, known is null ? $"tag {source}" : $"image {known.ImageId}", image, builderVersion));
    }

    /// <summary>The tag of <c>FROM tag</c>, or <c>FROM tag AS name</c>.</summary>
    private static string ReadSource(string line)
    {
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (!words[0].Equals("FROM", StringComparison.OrdinalIgnoreCase))
        {
            throw RpcFailedException.InvalidArgument($"An image's first command must be 'FROM' and a tag, not '{line.Trim()}'.");
        }

        Unsupported.Refuse((words.Length > 1 && words[1].StartsWith("--", StringComparison.Ordinal), $"'{line.Trim()}': a platform other than this computer's"));
        return words.Length == 2 || (words.Length == 4 && words[2].Equals("AS", StringComparison.OrdinalIgnoreCase))
            ? words[1]
            : throw RpcFailedException.InvalidArgument($"'{line.Trim()}' does not name one image; write 'FROM' and a tag such as python:3.13-slim.");
    }

    private static void RefuseInstructions(IReadOnlyList<string> commands)
    {
        IReadOnlyList<DockerfileInstruction> instructions;
        try
        {
            instructions = DockerfileParser.Parse(commands);
        }
        catch (DockerfileException)
        {
            // What is no Dockerfile is for the build to fail by.
            return;
        }

        foreach (var instruction in instructions)
        {
            var reason = instruction.Name switch
            {
                "COPY" when instruction.Text.StartsWith("--from", StringComparison.OrdinalIgnoreCase) => "no other image can be pulled to copy from",
                "COPY" or "ADD" => "files of the local context are not sent along; write them with RUN, or from the sandbox",
                "FROM" => "an image is built in one stage",
                "RUN" when instruction.Option is { } option => $"the option {option} is not known",
                "RUN" when instruction.Documents is [{ Text: ['#', '!', ..] }, ..] => "a here-document cannot name its interpreter; write 'RUN python3 <<EOF' instead",
                "USER" when instruction.Text is not ("root" or "0" or "root:root" or "0:0") => "commands run as root",
                "VOLUME" or "HEALTHCHECK" or "ONBUILD" or "STOPSIGNAL" => "nothing would come of it",
                _ => null,
            };
            Unsupported.Refuse((reason is not null, $"'{instruction}' of an image: {reason}"));
        }
    }

    private void CheckRegistry(ImageRegistryConfig? registry, string source, bool isPulled)
    {
        if (registry is null)
        {
            return;
        }

        if (RegistryKeys.TryGetValue(registry.RegistryAuthType, out var keys))
        {
            var values = secrets.Find(registry.SecretId);
            string[] missing = [.. keys.Where(key => !values.ContainsKey(key))];
            if (missing.Length > 0)
            {
                throw RpcFailedException.InvalidArgument(
                    $"Secret is missing key(s) {string.Join(", ", missing)}: credentials of type {registry.RegistryAuthType} have {string.Join(", ", keys)}.");
            }

            acceptance.Check(ModalEmulatorAcceptance.RegistryCredentials, isPulled, $"credentials of a private registry, for '{source}' which is mapped to no directory");
        }
        else if (registry.RegistryAuthType is not (RegistryAuthType.Unspecified or RegistryAuthType.Public) || registry.SecretId.Length > 0)
        {
            throw RpcFailedException.InvalidArgument($"Registry credentials of type {registry.RegistryAuthType} take no secret, or are not known.");
        }
    }

    private void Refuse(Image image)
    {
        acceptance.Check(ModalEmulatorAcceptance.Gpus, image.GpuConfig.IsSet(), "the GPU of an image's build");
        Unsupported.Refuse(
            (image.ContextFiles.Count > 0 || image.ContextMountId.Length > 0, "context files of an image"),
            (image.BuildFunction is not null || image.BuildFunctionDef.Length > 0 || image.BuildFunctionGlobals.Length > 0, "build functions of an image"),
            (image.VolumeMounts.Count > 0, "volumes of an image's build"),
            (image.Runtime.Length > 0 || image.RuntimeDebug, "the choice of a runtime for an image's build"),
            (image.Arch != Arch.Unspecified, "the architecture of an image"));
    }

    private byte[] Hash(BuildRecipe recipe, string source, Image image, string builderVersion)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, source);
        Add(hash, builderVersion);
        Add(hash, string.Join('\n', recipe.Commands));
        hash.AppendData(image.GpuConfig.IsSet() ? image.GpuConfig.ToByteArray() : []);
        AddPairs(hash, recipe.Arguments);
        if (recipe.Secrets.Count > 0)
        {
            using var keyed = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _secretKey);
            AddPairs(keyed, recipe.Secrets);
            hash.AppendData(keyed.GetHashAndReset());
        }

        return hash.GetHashAndReset();
    }

    private static void AddPairs(IncrementalHash hash, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        foreach (var (name, value) in pairs.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            Add(hash, name);
            Add(hash, value);
        }
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
