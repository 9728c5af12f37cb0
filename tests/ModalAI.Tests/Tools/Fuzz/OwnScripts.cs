using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>Knows the library's scripts by its own constants: whatever is not put together of those alone was not written by the library.</summary>
internal static partial class OwnScripts
{
    private const int MinChars = 16;

    private static readonly ConcurrentDictionary<string, bool> Known = new();

    private static readonly string[] Constants =
    [
        .. typeof(ModalClient).Assembly.GetTypes()
            .SelectMany(static type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(static field => field.IsLiteral && field.FieldType == typeof(string))
            .Select(static field => (string?)field.GetRawConstantValue() ?? "")
            .Where(static constant => constant.Length >= MinChars)
            .Distinct(),
    ];

    private static readonly Dictionary<string, string> Variables = new(new ModalSandboxToolOptions().EnvironmentVariables) { ["MPLBACKEND"] = "Agg" };

    /// <summary>The scripts that were seen.</summary>
    public static IEnumerable<string> Seen => Known.Keys;

    /// <summary>Whether a script is one of the library, with nothing in it that is not.</summary>
    public static bool Has(string script) => Known.GetOrAdd(script, static script => IsMadeOfConstants(WithoutExports(script)));

    private static bool IsMadeOfConstants(string script) =>
        script.Length == 0 || Constants.Any(constant => script.StartsWith(constant, StringComparison.Ordinal) && IsMadeOfConstants(script[constant.Length..]));

    /// <summary>Without the variables of the options, which the application writes.</summary>
    private static string WithoutExports(string script)
    {
        while (Export().Match(script) is { Success: true } match && Variables.GetValueOrDefault(match.Groups["name"].Value) == match.Groups["value"].Value)
        {
            script = script[match.Length..];
        }

        return script;
    }

    [GeneratedRegex(@"\A\[ -n ""\$\{(?<name>\w+)\+x\}"" \] \|\| export \k<name>='(?<value>[^']*)'\n")]
    private static partial Regex Export();
}
