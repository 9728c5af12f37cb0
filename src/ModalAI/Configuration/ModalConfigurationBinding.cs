using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace ModalAI.Configuration;

/// <summary>
/// Binds a configuration section to options. Nothing in the section passes in silence: unknown keys, values of the wrong kind and values
/// that cannot be converted are kept for the validators, all of them.
/// </summary>
internal static class ModalConfigurationBinding
{
    /// <summary>The part of a registration's section that holds the client's options.</summary>
    internal const string ClientSection = "Client";

    /// <summary>Binds the section of a registration.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The options to fill.</param>
    /// <param name="otherSections">Sub sections that are bound elsewhere, beside <see cref="ClientSection"/>.</param>
    internal static void Bind(IConfiguration section, ModalSandboxOptions options, params IEnumerable<string> otherSections)
    {
        var errors = options.BindingErrors;
        var properties = typeof(ModalSandboxOptions).GetProperties().Where(static property => !property.PropertyType.IsAssignableTo(typeof(Delegate))).ToArray();
        foreach (var (property, child) in ConfigurationKeys.Known(section, properties, errors, [ClientSection, .. otherSections]))
        {
            switch (property.Name)
            {
                case nameof(options.Volumes):
                    BindMap(child, options.Volumes, name => name, BindVolume, errors);
                    break;
                case nameof(options.CloudBucketMounts):
                    BindMap(child, options.CloudBucketMounts, name => name, BindBucket, errors);
                    break;
                case nameof(options.InitialFiles):
                    BindMap(child, options.InitialFiles, text => text, BindFile, errors);
                    break;
                case nameof(options.OutboundCidrAllowlist):
                    options.OutboundCidrAllowlist = BindList(child, options.OutboundCidrAllowlist);
                    break;
                case nameof(options.OutboundDomainAllowlist):
                    options.OutboundDomainAllowlist = BindList(child, options.OutboundDomainAllowlist);
                    break;
                case nameof(options.Tools):
                    BindTools(child, options.Tools, errors);
                    break;
                default:
                    BindKey(section, property, child, one => one.Bind(options), errors);
                    break;
            }
        }
    }

    private static void BindTools(IConfigurationSection section, ModalSandboxToolOptions options, List<string> errors)
    {
        var properties = typeof(ModalSandboxToolOptions).GetProperties().Where(static property => !property.PropertyType.IsAssignableTo(typeof(Delegate))).ToArray();
        foreach (var (property, child) in ConfigurationKeys.Known(section, properties, errors))
        {
            if (property.Name == nameof(options.Enabled))
            {
                options.Enabled = BindList(child, options.Enabled);
            }
            else
            {
                BindKey(section, property, child, one => one.Bind(options), errors);
            }
        }
    }

    /// <summary>Binds the sub section <see cref="ClientSection"/> of the section of a registration.</summary>
    internal static void Bind(IConfiguration section, ModalClientOptions options)
    {
        var client = section.GetSection(ClientSection);
        if (!string.IsNullOrEmpty(client.Value))
        {
            options.BindingErrors.Add($"Configuration key '{client.Path}' is a single value: it must hold the keys of {nameof(ModalClientOptions)}.");
        }

        BindKeys(client, typeof(ModalClientOptions).GetProperties(), one => one.Bind(options), options.BindingErrors);
    }

    /// <summary>Binds entries that are either one text or an object.</summary>
    private static void BindMap<T>(
        IConfigurationSection map,
        IDictionary<string, T> target,
        Func<string, T> fromText,
        Func<IConfigurationSection, List<string>, T> fromKeys,
        List<string> errors)
    {
        foreach (var entry in map.GetChildren())
        {
            if (entry.Value is not null && entry.GetChildren().Any())
            {
                errors.Add($"Configuration key '{entry.Path}' is a text and an object at once, from different sources: keep one of them.");
            }

            target[entry.Key] = entry.Value is { } text ? fromText(text) : fromKeys(entry, errors);
        }
    }

    private static ModalVolumeMount BindVolume(IConfigurationSection entry, List<string> errors)
    {
        var mount = new ModalVolumeMount();
        BindKeys(entry, typeof(ModalVolumeMount).GetProperties(), one => one.Bind(mount), errors);
        return mount;
    }

    private static ModalCloudBucketMount BindBucket(IConfigurationSection entry, List<string> errors)
    {
        var keys = new CloudBucketMountKeys();
        BindKeys(entry, typeof(CloudBucketMountKeys).GetProperties(), one => one.Bind(keys), errors);
        return keys.ToMount();
    }

    private static ModalFileContent BindFile(IConfigurationSection entry, List<string> errors)
    {
        var content = new ModalFileContent();
        BindKeys(entry, typeof(ModalFileContent).GetProperties(), one => one.Bind(content), errors);
        return content;
    }

    /// <summary>
    /// Binds a list that differs from no list even when it is empty: an empty allowlist closes the network, none opens it; an empty list of
    /// tools is none of them, no list all. The binder takes both for none.
    /// </summary>
    private static List<string> BindList(IConfigurationSection list, IEnumerable<string>? start)
    {
        List<string> items = [.. start ?? []];
        list.Bind(items);
        return items;
    }

    private static void BindKeys(IConfiguration section, PropertyInfo[] properties, Action<IConfiguration> bind, List<string> errors)
    {
        foreach (var (property, child) in ConfigurationKeys.Known(section, properties, errors))
        {
            BindKey(section, property, child, bind, errors);
        }
    }

    private static void BindKey(
        IConfiguration section, PropertyInfo property, IConfigurationSection child, Action<IConfiguration> bind, List<string> errors)
    {
        try
        {
            bind(new SingleKeyConfiguration(section, child.Key));
        }
        catch (InvalidOperationException)
        {
            // Texts always convert, so what is shown here is a number, a flag, a duration or a name of a mode: nothing secret.
            var value = child.Value is null ? "holds a value that does not fit" : $"is {OptionErrors.Show(child.Value)}";
            errors.Add($"Configuration key '{child.Path}' {value}: it must be {ConfigurationKeys.Describe(property.PropertyType)}.");
        }
    }
}
