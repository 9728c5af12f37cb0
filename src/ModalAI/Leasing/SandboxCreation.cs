namespace ModalAI.Leasing;

/// <summary>Makes a sandbox as a registration's options say, initial files included.</summary>
internal static class SandboxCreation
{
    private const int ParallelUploads = 8;

    /// <summary>Creates a sandbox and writes its initial files. When a file can't be written the sandbox is terminated.</summary>
    public static async Task<ModalSandbox> CreateAsync(ModalClient client, ModalSandboxOptions options, CancellationToken cancellationToken)
    {
        // Read before anything is created: a content file may have gone since the start.
        var files = new List<(string Path, ReadOnlyMemory<byte> Content)>(options.InitialFiles.Count);
        foreach (var (path, content) in options.InitialFiles)
        {
            files.Add((path, await content.ReadAsync(cancellationToken).ConfigureAwait(false)));
        }

        var sandbox = await client.Sandboxes.CreateAsync(ToCreateOptions(options), cancellationToken).ConfigureAwait(false);
        try
        {
            await Parallel.ForEachAsync(
                files,
                new ParallelOptions { MaxDegreeOfParallelism = ParallelUploads, CancellationToken = cancellationToken },
                async (file, token) => await sandbox.Files.WriteAllBytesAsync(file.Path, file.Content, token).ConfigureAwait(false)).ConfigureAwait(false);
            return sandbox;
        }
        catch
        {
            await SandboxRelease.TerminateAsync(sandbox, client).ConfigureAwait(false);
            throw;
        }
    }

    private static ModalSandboxCreateOptions ToCreateOptions(ModalSandboxOptions options) => new()
    {
        AppName = options.AppName,
        CreateAppIfMissing = options.CreateAppIfMissing,
        Environment = options.Environment,
        Image = ModalImage.Parse(options.Image),
        WorkingDirectory = options.WorkingDirectory,
        Gpu = options.Gpu,
        Cpu = options.Cpu,
        CpuLimit = options.CpuLimit,
        MemoryMiB = options.MemoryMiB,
        MemoryLimitMiB = options.MemoryLimitMiB,
        Volumes = options.Volumes.AsReadOnly(),
        CloudBucketMounts = options.CloudBucketMounts.AsReadOnly(),
        Secrets = [.. options.Secrets.Select(static name => ModalSecret.FromName(name))],
        EnvironmentVariables = options.EnvironmentVariables.AsReadOnly(),
        BlockNetwork = options.BlockNetwork,
        OutboundCidrAllowlist = options.OutboundCidrAllowlist?.AsReadOnly(),
        OutboundDomainAllowlist = options.OutboundDomainAllowlist?.AsReadOnly(),
        Name = options.Name,
        Tags = options.Tags.AsReadOnly(),
        Timeout = options.Timeout,
        IdleTimeout = options.IdleTimeout,
        CommandTimeout = options.EffectiveCommandTimeout,
        Regions = options.Regions.AsReadOnly(),
        Cloud = options.Cloud,
        EncryptedPorts = options.EncryptedPorts.AsReadOnly(),
        H2Ports = options.H2Ports.AsReadOnly(),
        UnencryptedPorts = options.UnencryptedPorts.AsReadOnly(),
        Verbose = options.Verbose,
    };
}
