using System.Collections;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace ModalAI.Configuration;

/// <summary>Holds the keys of a configuration section against the properties that they may set.</summary>
internal static class ConfigurationKeys
{
    /// <summary>
    /// Gives the keys that set a property, and reports those that nothing knows and those whose value has the wrong kind. A key whose
    /// value is null counts as absent.
    /// </summary>
    /// <param name="section">The section.</param>
    /// <param name="properties">The properties of the options.</param>
    /// <param name="errors">Where problems are reported. Values are not, since they may be secret.</param>
    /// <param name="otherSections">Sub sections that are bound elsewhere.</param>
    internal static List<(PropertyInfo Property, IConfigurationSection Section)> Known(
        IConfiguration section, PropertyInfo[] properties, List<string> errors, params IReadOnlyCollection<string> otherSections)
    {
        var known = new List<(PropertyInfo, IConfigurationSection)>();
        foreach (var child in section.GetChildren())
        {
            if (otherSections.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            if (Array.Find(properties, property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is not { } property)
            {
                string[] names = [.. properties.Select(property => property.Name), .. otherSections];
                errors.Add($"Configuration key '{child.Path}' is not known: {Suggest(child.Key, names)}");
            }
            else if (FindWrongKind(child, property.PropertyType) is { } expected)
            {
                errors.Add($"Configuration key '{child.Path}' does not fit {property.Name}: it must be {expected}.");
            }
            else if (child.Value is not null || child.GetChildren().Any())
            {
                known.Add((property, child));
            }
        }

        return known;
    }

    /// <summary>Says in words what a property takes.</summary>
    internal static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var flag when flag == typeof(bool) => "true or false",
        var integer when integer == typeof(int) || integer == typeof(long) => "a whole number",
        var number when number == typeof(double) => "a number",
        var duration when duration == typeof(TimeSpan) => "a duration as hh:mm:ss, such as 00:05:00",
        { IsEnum: true } choice => OptionErrors.Choices(choice),
        var list when list == typeof(IList<int>) => "a list of whole numbers",
        _ => "text",
    };

    private static string? FindWrongKind(IConfigurationSection section, Type type)
    {
        var children = section.GetChildren().ToList();
        if (type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type))
        {
            var isSection = type.IsClass && type != typeof(string);
            return isSection && !string.IsNullOrEmpty(section.Value) ? "a section with keys" : !isSection && children.Count > 0 ? "a single value" : null;
        }

        var isMap = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>);
        if (!string.IsNullOrEmpty(section.Value))
        {
            return isMap ? "a map, such as { \"name\": \"value\" }" : "a list, such as [ \"value\" ]";
        }

        var takesObjects = isMap && type.GenericTypeArguments[1] != typeof(string);
        if (!isMap && children.Exists(child => !int.TryParse(child.Key, out _)))
        {
            return "a list, such as [ \"value\" ]";
        }

        return !takesObjects && children.Exists(child => child.GetChildren().Any()) ? "without sections inside: its entries are single values" : null;
    }

    private static string Suggest(string key, string[] known)
    {
        var nearest = known.MinBy(name => Distance(key, name))!;
        return Distance(key, nearest) <= Math.Max(key.Length, nearest.Length) / 2
            ? $"did you mean '{nearest}'?"
            : $"known are {string.Join(", ", known.Order(StringComparer.Ordinal))}.";
    }

    /// <summary>How many letters have to be put in, taken out or changed to make one word of the other (Levenshtein).</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var change = char.ToUpperInvariant(from[i - 1]) == char.ToUpperInvariant(to[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + change));
            }
        }

        return row[to.Length];
    }
}
