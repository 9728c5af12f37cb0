namespace ModalAI.Configuration;

internal static partial class SandboxOptionRules
{
    internal const long MaxInitialFilesBytes = 64 * 1024 * 1024;

    /// <summary>Folders that Modal does not let a volume take the place of.</summary>
    private static readonly string[] UnmountablePaths = ["/", "/root", "/tmp"];

    internal static void CheckWorkingDirectory(OptionErrors errors, string option, string? path, IEnumerable<string> mountPaths)
    {
        if (path is null)
        {
            return;
        }

        if (!ModalPaths.IsAbsoluteNormalized(path))
        {
            errors.Add(option, path, ModalPaths.AbsoluteNormalizedRule);
            return;
        }

        var mount = mountPaths.FirstOrDefault(mount => ModalPaths.IsAbsoluteNormalized(mount) && mount != "/" && ModalPaths.IsAtOrBelow(path, mount));
        if (mount is not null)
        {
            errors.Add(
                option, path, $"it must not be inside the volume mounted at '{mount}', because a volume with a busy folder cannot be reloaded");
        }
    }

    internal static void CheckVolumes(OptionErrors errors, string option, IEnumerable<KeyValuePair<string, ModalVolumeMount>> volumes)
    {
        var seen = new Dictionary<(string Volume, string? SubPath), string>();
        foreach (var (path, mount) in volumes)
        {
            var item = Item(option, path);
            CheckMountPath(errors, option, "a volume", path);

            if (mount is null)
            {
                errors.Add(item, null, "it must be the name of a volume");
                continue;
            }

            if (mount.Id is not null)
            {
                CheckVolumeId(errors, item, mount);
            }
            else
            {
                CheckObjectName(errors, $"{item}.Name", mount.Name);
            }

            if (mount.Version is { } version && !Enum.IsDefined(version))
            {
                errors.Add($"{item}.Version", version, $"it must be {string.Join(" or ", Enum.GetNames<ModalVolumeVersion>())}");
            }

            if (mount.SubPath is { } subPath && !ModalPaths.IsRelativeNormalized(subPath))
            {
                errors.Add(
                    $"{item}.SubPath",
                    subPath,
                    "it must be a folder inside the volume such as 'reports/2026', without '.', '..', empty parts and a leading '/'");
            }

            var key = (mount.Id ?? mount.Name, mount.SubPath);
            if (!seen.TryAdd(key, path))
            {
                errors.Add(item, key.Item1, $"the volume is already mounted at '{seen[key]}', and Modal mounts it once");
            }
        }
    }

    internal static void CheckBuckets(
        OptionErrors errors, string option, IEnumerable<KeyValuePair<string, ModalCloudBucketMount>> buckets, IEnumerable<string> volumePaths)
    {
        var taken = volumePaths.ToHashSet(StringComparer.Ordinal);
        foreach (var (path, mount) in buckets)
        {
            var item = Item(option, path);
            CheckMountPath(errors, option, "a bucket", path);
            if (taken.Contains(path))
            {
                errors.AddStatement($"{errors.NameOf(option)} mounts a bucket at {OptionErrors.Show(path)}: a volume is mounted there.");
            }

            if (mount is null)
            {
                errors.Add(item, null, "it must be the name of a bucket");
                continue;
            }

            if (!ModalNames.IsUnbroken(mount.BucketName))
            {
                errors.Add($"{item}.BucketName", mount.BucketName, "it must be the name of a bucket, without blanks");
            }

            if (mount.RequesterPays && mount.Secret is null)
            {
                errors.Add($"{item}.RequesterPays", true, "it needs credentials; set Secret too");
            }

            if (!string.IsNullOrEmpty(mount.KeyPrefix) && !mount.KeyPrefix.EndsWith('/'))
            {
                errors.Add($"{item}.KeyPrefix", mount.KeyPrefix, "it goes before every path, so it must end with '/'");
            }

            if (!string.IsNullOrEmpty(mount.EndpointUrl) && !IsEndpoint(mount.EndpointUrl))
            {
                errors.AddUnshown($"{item}.EndpointUrl", "must be an address such as 'https://account.r2.cloudflarestorage.com', without user, query and fragment");
            }
        }
    }

    private static bool IsEndpoint(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var endpoint)
        && (endpoint.Scheme == Uri.UriSchemeHttps || endpoint.Scheme == Uri.UriSchemeHttp)
        && endpoint.UserInfo.Length == 0
        && endpoint.Query.Length == 0
        && endpoint.Fragment.Length == 0;

    private static void CheckMountPath(OptionErrors errors, string option, string what, string path)
    {
        if (!ModalPaths.IsAbsoluteNormalized(path) || UnmountablePaths.Contains(path))
        {
            errors.AddStatement(
                $"{errors.NameOf(option)} mounts {what} at {OptionErrors.Show(path)}: "
                + $"{ModalPaths.AbsoluteNormalizedRule}, and not be '/', '/root' or '/tmp'.");
        }
    }

    private static void CheckVolumeId(OptionErrors errors, string item, ModalVolumeMount mount)
    {
        if (!ModalNames.IsUnbroken(mount.Id) || !mount.Id!.StartsWith("vo-", StringComparison.Ordinal))
        {
            errors.Add($"{item}.Id", mount.Id, "it must be the id of a volume, 'vo-...', without blanks");
        }

        if (!string.IsNullOrEmpty(mount.Name) || mount.CreateIfMissing || mount.Version is not null)
        {
            errors.AddStatement($"{errors.NameOf(item)} has an Id and a Name, CreateIfMissing or Version: those are for volumes that are looked up by name.");
        }
    }

    internal static void CheckSecrets(OptionErrors errors, string option, IEnumerable<string?> secrets)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, secret) in secrets.Index())
        {
            if (string.IsNullOrWhiteSpace(secret))
            {
                errors.Add($"{option}[{index}]", secret, "it must be the name of a secret");
            }
            else if (!seen.Add(secret))
            {
                errors.Add($"{option}[{index}]", secret, "the secret is already in the list; name it once");
            }
        }
    }

    /// <summary>Checks names and values; a value is never shown.</summary>
    internal static void CheckEnvironmentVariables(OptionErrors errors, string option, IEnumerable<KeyValuePair<string, string>> variables)
    {
        foreach (var (name, value) in variables)
        {
            if (!ModalNames.IsEnvironmentVariableName(name))
            {
                errors.AddStatement($"{errors.NameOf(option)} has {OptionErrors.Show(name)}: {ModalNames.EnvironmentVariableNameRule}.");
            }

            if (value is null)
            {
                errors.Add(Item(option, name), null, "a variable needs a value; an empty one is allowed");
            }
            else if (value.Contains('\0', StringComparison.Ordinal))
            {
                errors.AddUnshown(Item(option, name), "has a value with a NUL character, which no process can be given");
            }
        }
    }

    internal static void CheckInitialFiles(
        OptionErrors errors, string option, IReadOnlyCollection<KeyValuePair<string, ModalFileContent>> files, IEnumerable<string> mountPaths)
    {
        var paths = files.Select(file => file.Key).ToHashSet(StringComparer.Ordinal);
        var mounts = mountPaths.ToHashSet(StringComparer.Ordinal);
        var total = 0L;
        foreach (var (path, content) in files)
        {
            CheckInitialFilePath(errors, option, path, paths, mounts);
            total += CheckContent(errors, Item(option, path), content);
        }

        if (total > MaxInitialFilesBytes)
        {
            errors.AddStatement(
                $"{errors.NameOf(option)} holds {total} bytes: "
                + $"all initial files together hold at most {MaxInitialFilesBytes} bytes (64 MiB); put more into the image or a volume.");
        }
    }

    private static void CheckInitialFilePath(OptionErrors errors, string option, string path, HashSet<string> paths, HashSet<string> mounts)
    {
        string? problem = null;
        if (!ModalPaths.IsAbsoluteNormalized(path) || path == "/")
        {
            problem = $"{ModalPaths.AbsoluteNormalizedRule}, and name a file";
        }
        else if (mounts.Contains(path))
        {
            problem = "a volume is mounted there";
        }
        else if (ModalPaths.Ancestors(path).FirstOrDefault(paths.Contains) is { } file)
        {
            problem = $"'{file}' is an initial file too, and cannot be a folder at the same time";
        }

        if (problem is not null)
        {
            errors.AddStatement($"{errors.NameOf(option)} has a file at {OptionErrors.Show(path)}: {problem}.");
        }
    }

    /// <summary>Checks what one file holds, which is never shown, and returns its size as far as that is known.</summary>
    private static long CheckContent(OptionErrors errors, string item, ModalFileContent? content)
    {
        if (content is null || content.SourceCount != 1)
        {
            errors.AddUnshown(item, $"has {content?.SourceCount ?? 0} contents: exactly one of Text, Base64 and ContentFile must be set");
            return 0;
        }

        var length = content.GetLength();
        if (length is null && content.Base64 is not null)
        {
            errors.AddUnshown($"{item}.Base64", "is malformed: it must be base64");
        }
        else if (length is null)
        {
            errors.Add($"{item}.ContentFile", content.ContentFile, $"there is no such file (looked for in '{Directory.GetCurrentDirectory()}')");
        }

        return length ?? 0;
    }
}
