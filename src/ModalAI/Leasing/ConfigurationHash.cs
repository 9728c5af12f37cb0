using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModalAI.Leasing;

/// <summary>
/// A hash of all options that a sandbox is created with, so that one that was created with other options is noticed. What its order means nothing for is sorted; names, tags, life in
/// this process and hooks don't count.
/// </summary>
internal static class ConfigurationHash
{
    public static async Task<string> ComputeAsync(ModalSandboxOptions options, CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        var json = new Utf8JsonWriter(text);
        await using (json.ConfigureAwait(false))
        {
            json.WriteStartArray();
            json.WriteStringValue(options.Image);
            json.WriteStringValue(options.WorkingDirectory);
            json.WriteStringValue(string.IsNullOrEmpty(options.Gpu) ? null : options.Gpu);
            json.WriteBooleanValue(options.Verbose);
            WriteNumber(json, options.Cpu);
            WriteNumber(json, options.CpuLimit);
            WriteNumber(json, options.MemoryMiB);
            WriteNumber(json, options.MemoryLimitMiB);
            WriteMap(json, options.Volumes, static (json, mount) =>
                WriteTexts(json, [mount.Name, mount.Id, mount.SubPath, mount.ReadOnly ? "ro" : "rw", mount.Version?.ToString()]));
            WriteMap(json, options.CloudBucketMounts, static (json, mount) => WriteTexts(
                json,
                [
                    mount.BucketName, mount.Secret?.ToString(), mount.ReadOnly ? "ro" : "rw", mount.RequesterPays ? "pays" : "", mount.EndpointUrl, mount.KeyPrefix,
                    mount.OidcAuthRoleArn,
                ]));
            WriteTexts(json, options.Secrets);
            WriteMap(json, options.EnvironmentVariables, static (json, value) => json.WriteStringValue(value));
            json.WriteBooleanValue(options.BlockNetwork);
            WriteTexts(json, options.OutboundCidrAllowlist?.Order(StringComparer.Ordinal));
            WriteTexts(json, options.OutboundDomainAllowlist?.Order(StringComparer.Ordinal));
            json.WriteNumberValue(options.Timeout.Ticks);
            WriteNumber(json, options.IdleTimeout?.Ticks);
            WriteTexts(json, options.Regions.Order(StringComparer.Ordinal));
            json.WriteStringValue(options.Cloud);
            WriteNumbers(json, options.EncryptedPorts);
            WriteNumbers(json, options.H2Ports);
            WriteNumbers(json, options.UnencryptedPorts);
            WriteTexts(json, options.SetupCommands);
            foreach (var (path, content) in options.InitialFiles.OrderBy(static file => file.Key, StringComparer.Ordinal))
            {
                json.WriteStringValue(path);
                json.WriteBase64StringValue(SHA256.HashData((await content.ReadAsync(cancellationToken).ConfigureAwait(false)).Span));
            }

            json.WriteEndArray();
        }

        return LeaseTags.Hash(Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length)));
    }

    private static void WriteTexts(Utf8JsonWriter json, IEnumerable<string?>? texts)
    {
        if (texts is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartArray();
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, IEnumerable<int> numbers)
    {
        json.WriteStartArray();
        foreach (var number in numbers.Order())
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WriteMap<T>(Utf8JsonWriter json, IDictionary<string, T> map, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartObject();
        foreach (var (key, value) in map.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
        {
            json.WritePropertyName(key);
            write(json, value);
        }

        json.WriteEndObject();
    }
}
