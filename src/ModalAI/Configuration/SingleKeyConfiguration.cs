using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace ModalAI.Configuration;

/// <summary>
/// A section with all but one of its keys hidden. Binding stops at the first value that it cannot convert; key by key it finds them all.
/// </summary>
internal sealed class SingleKeyConfiguration(IConfiguration section, string key) : IConfiguration
{
    private static readonly ConfigurationRoot Empty = new([]);

    public string? this[string name]
    {
        get => IsKey(name) ? section[name] : null;
        set => throw new NotSupportedException("This view of a configuration section is for reading.");
    }

    public IEnumerable<IConfigurationSection> GetChildren() => [section.GetSection(key)];

    public IChangeToken GetReloadToken() => section.GetReloadToken();

    public IConfigurationSection GetSection(string name) => IsKey(name) ? section.GetSection(name) : Empty.GetSection(name);

    private bool IsKey(string name) => string.Equals(name, key, StringComparison.OrdinalIgnoreCase);
}
