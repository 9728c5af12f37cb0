using System.Text.RegularExpressions;
using ModalAI.Conformance.Support;

namespace ModalAI.Conformance.Surface;

/// <summary>What the installed SDK declares for its users: the members of its classes, and the fields of the parameters that they take.</summary>
internal sealed partial class SdkDeclarations
{
    private readonly string[] _lines;

    private SdkDeclarations(string[] lines)
    {
        _lines = lines;
    }

    public static async Task<SdkDeclarations> ReadAsync()
    {
        await ModalSdk.RequireAsync();
        return new SdkDeclarations(await File.ReadAllLinesAsync(Path.Combine(ModalSdk.Folder, "node_modules", "modal", "dist", "index.d.ts")));
    }

    /// <summary>All classes, and all types of parameters and results that the package exports.</summary>
    public IReadOnlyList<string> Exported
    {
        get
        {
            var exports = _lines.Single(line => line.StartsWith("export {", StringComparison.Ordinal));
            return [.. exports["export {".Length..exports.LastIndexOf('}')].Split(',').Select(name => name.Trim().Split(" as ")[0]).Select(name => name.StartsWith("type ", StringComparison.Ordinal) ? name[5..] : name)];
        }
    }

    /// <summary>Whether the type has members: a class, an interface or an object type.</summary>
    public bool Has(string type) => Find(type) >= 0;

    /// <summary>The public members of a type; what the SDK marks as its own is left out.</summary>
    public IReadOnlyList<string> MembersOf(string type)
    {
        var start = Find(type);
        if (start < 0)
        {
            throw new ArgumentException($"The SDK declares no {type}.", nameof(type));
        }

        var members = new List<string>();
        var comment = "";
        for (var i = start + 1; _lines[i] is not ("}" or "};"); i++)
        {
            if (_lines[i].StartsWith("    /**", StringComparison.Ordinal))
            {
                comment = _lines[i];
                while (!_lines[i].Contains("*/", StringComparison.Ordinal))
                {
                    comment += _lines[++i];
                }
            }
            else if (Member().Match(_lines[i]) is { Success: true } member)
            {
                if (!Hidden().IsMatch(comment))
                {
                    members.Add(member.Groups["name"].Value);
                }

                comment = "";
            }
        }

        return [.. members.Distinct().Where(name => name != "constructor")];
    }

    /// <summary>The generated messages come first and share names with what is for users.</summary>
    private int Find(string type)
    {
        var start = Array.FindLastIndex(_lines, line => Regex.IsMatch(line, $@"^declare class {type}\b.*\{{$"));
        return start >= 0 ? start : Array.FindLastIndex(_lines, line => Regex.IsMatch(line, $@"^(type|interface) {type}\b.*\{{$"));
    }

    [GeneratedRegex(@"^    (static )?(readonly )?(get |set )?(?!private )(?<name>[A-Za-z]\w*)\??\s*[(<:;]")]
    private static partial Regex Member();

    [GeneratedRegex("@(ignore|internal|hidden)")]
    private static partial Regex Hidden();
}
