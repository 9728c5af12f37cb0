using System.Reflection;
using System.Text.RegularExpressions;
using ModalAI.Conformance.Wire;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance.Surface;

/// <summary>The tables that set Modal's SDK beside this client are complete, and name what there is.</summary>
public sealed partial class SdkTableTests
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;

    private static readonly SdkTable Table = SdkTable.Read();

    [SkippableFact]
    public async Task Table_OfEachType_HasARowForEachMemberAndNoOther()
    {
        var sdk = await SdkDeclarations.ReadAsync();

        Assert.NotEmpty(Table.Types);
        Assert.All(Table.Types, type => Assert.Equal(
            sdk.MembersOf(type).Order(StringComparer.Ordinal),
            Table.Rows.Where(row => row.Type == type).Select(row => row.Member).Order(StringComparer.Ordinal)));
    }

    [SkippableFact]
    public async Task Table_OfAllTypesThatAreExported_HasThemOrSaysThatItLeavesThemOut()
    {
        var sdk = await SdkDeclarations.ReadAsync();
        var leftOut = Regex.Match(Table.Text, "## What is left out\n(?<list>.*?)\n## ", RegexOptions.Singleline).Groups["list"].Value;

        Assert.All(sdk.Exported.Where(sdk.Has), type => Assert.True(
            Table.Types.Contains(type) || Table.Rows.Any(row => row.Type == SdkTable.Errors && row.Member == type) || LeftOut(leftOut).Any(pattern => Regex.IsMatch(type, $"^{pattern}$")), $"SDK.md says nothing of the SDK's {type}."));
    }

    [Fact]
    public void Table_EachRow_NamesWhatIsHereOrWhyNothingIs()
    {
        Assert.NotEmpty(Table.Rows);
        Assert.All(Table.Rows, row => Assert.True(row.Names.Any() || row.IsExplained, $"{row.Type}.{row.Member}: '{row.Ours}'"));
    }

    [Fact]
    public void Table_EachNameOfOurs_IsPublic() =>
        Assert.All(Table.Rows.SelectMany(row => row.Names, (row, name) => (row, name)), entry => Assert.True(Exists(entry.name), $"{entry.row.Type}.{entry.row.Member}: there is no public {entry.name}."));

    [Fact]
    public void DeliberateDifferences_AreAllInTheDocumentation_AndNoOther()
    {
        var section = Regex.Match(Table.Text, "## On the wire\n(?<section>.*?)(\n## |$)", RegexOptions.Singleline).Groups["section"].Value;

        Assert.Equal(DeliberateDifferences.All.Select(difference => difference.Row), section.Split('\n').Where(line => line.StartsWith('|')).Skip(2));
    }

    private static bool Exists(string name)
    {
        var parts = name.Split('.');
        var type = new[] { typeof(ModalClient), typeof(ModalEmulator) }
            .SelectMany(known => known.Assembly.ExportedTypes)
            .SingleOrDefault(type => type.Name == parts[0]);
        return type is not null && (parts.Length == 1 || type.GetMember(parts[1], Public).Length > 0);
    }

    /// <summary>Names in the list; a star stands for any ending.</summary>
    private static IEnumerable<string> LeftOut(string list) => Name().Matches(list).Select(match => match.Groups["name"].Value.Replace("*", @"\w*", StringComparison.Ordinal));

    [GeneratedRegex(@"`(?<name>[\w*]+)`")]
    private static partial Regex Name();
}
