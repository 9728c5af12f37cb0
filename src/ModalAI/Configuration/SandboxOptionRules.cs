namespace ModalAI.Configuration;

/// <summary>
/// What Modal accepts when a sandbox is created, option by option, for registered options and for calls alike. Each method adds what it
/// finds to the errors under the name that it is given.
/// </summary>
internal static partial class SandboxOptionRules
{
    internal static readonly TimeSpan MaxTimeout = TimeSpan.FromHours(24);
    internal static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);

    private const double MinCpu = 0.001;
    private const double MaxCpu = uint.MaxValue / 1000;

    internal static void CheckObjectName(OptionErrors errors, string option, string? name)
    {
        if (!ModalNames.IsObjectName(name))
        {
            errors.Add(option, name, ModalNames.ObjectNameRule);
        }
    }

    /// <summary>Null and empty stand for the default environment.</summary>
    internal static void CheckEnvironmentName(OptionErrors errors, string option, string? name)
    {
        if (!string.IsNullOrEmpty(name) && !ModalNames.IsEnvironmentName(name))
        {
            errors.Add(option, name, ModalNames.EnvironmentNameRule);
        }
    }

    internal static void CheckImage(OptionErrors errors, string option, string? image)
    {
        if (!ModalNames.IsUnbroken(image))
        {
            errors.Add(
                option, image, "it must be a registry tag such as 'python:3.13-slim' or an image id 'im-...', without blanks and control characters");
        }
    }

    internal static void CheckGpu(OptionErrors errors, string option, string? gpu)
    {
        if (!GpuSpec.TryParse(gpu, out _))
        {
            errors.Add(option, gpu, GpuSpec.Rule);
        }
    }

    internal static void CheckCpu(OptionErrors errors, string option, double? cpu, string limitOption, double? limit)
    {
        foreach (var (name, value) in new[] { (option, cpu), (limitOption, limit) })
        {
            if (value is { } cores && !(cores is >= MinCpu and <= MaxCpu))
            {
                errors.Add(name, cores, $"it must be a number of cores from {OptionErrors.Show(MinCpu)} to {OptionErrors.Show(MaxCpu)}");
            }
        }

        CheckLimit(errors, option, cpu, limitOption, limit);
    }

    internal static void CheckMemory(OptionErrors errors, string option, int? memory, string limitOption, int? limit)
    {
        foreach (var (name, value) in new[] { (option, memory), (limitOption, limit) })
        {
            if (value < 1)
            {
                errors.Add(name, value, "it must be a number of MiB, at least 1");
            }
        }

        CheckLimit(errors, option, memory, limitOption, limit);
    }

    internal static void CheckTimeouts(OptionErrors errors, string option, TimeSpan timeout, string idleOption, TimeSpan? idle)
    {
        if (timeout < MinTimeout || timeout > MaxTimeout)
        {
            errors.Add(option, timeout, "it must be from 1 second (00:00:01) to 24 hours (1.00:00:00)");
        }

        if (idle < MinTimeout)
        {
            errors.Add(idleOption, idle, "it must be at least 1 second (00:00:01)");
        }
        else if (idle > timeout)
        {
            errors.Add(idleOption, idle, $"it must not be longer than {option}, which is {OptionErrors.Show(timeout)}, or it has no effect");
        }
    }

    internal static void CheckPlacement(OptionErrors errors, string regionsOption, IEnumerable<string?> regions, string cloudOption, string? cloud)
    {
        foreach (var (index, region) in regions.Index())
        {
            if (string.IsNullOrWhiteSpace(region))
            {
                errors.Add($"{regionsOption}[{index}]", region, "it must be the name of a region");
            }
        }

        if (cloud is not null && string.IsNullOrWhiteSpace(cloud))
        {
            errors.Add(cloudOption, cloud, "it must be the name of a cloud, or not set");
        }
    }

    internal static void CheckTags(OptionErrors errors, string option, IEnumerable<KeyValuePair<string, string>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (!ModalNames.IsTag(name))
            {
                errors.AddStatement($"{errors.NameOf(option)} has a tag named {OptionErrors.Show(name)}: {ModalNames.TagRule}.");
            }

            if (!ModalNames.IsTag(value))
            {
                errors.Add(Item(option, name), value, ModalNames.TagRule);
            }
        }
    }

    /// <summary>The name of an entry of a map, <c>Volumes['/data']</c>.</summary>
    private static string Item(string option, string key) => $"{option}[{OptionErrors.Show(key)}]";

    private static void CheckLimit<T>(OptionErrors errors, string option, T? request, string limitOption, T? limit)
        where T : struct, IComparable<T>
    {
        if (limit is not { } most)
        {
            return;
        }

        if (request is not { } least)
        {
            errors.Add(limitOption, most, $"a limit needs {option}; set it too");
        }
        else if (most.CompareTo(least) < 0)
        {
            errors.Add(limitOption, most, $"it must not be less than {option}, which is {OptionErrors.Show(least)}");
        }
    }
}
