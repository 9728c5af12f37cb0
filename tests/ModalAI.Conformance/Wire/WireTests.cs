using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance.Wire;

/// <summary>This client sends what Modal's own SDK sends, request by request and field by field, but for what the table says.</summary>
public sealed class WireTests(WireFixture fixture) : IClassFixture<WireFixture>
{
    public static TheoryData<string, Backend> Cases
    {
        get
        {
            var cases = new TheoryData<string, Backend>();
            foreach (var scenario in WireScenarios.All)
            {
                foreach (var backend in scenario.Backends)
                {
                    cases.Add(scenario.Name, backend);
                }
            }

            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task Requests_OfTheSdkAndOfThisClient_AreTheSame(string scenario, Backend backend)
    {
        var differences = await fixture.CompareAsync(WireScenarios.All.Single(known => known.Name == scenario), backend);

        var unexplained = differences.Where(difference => !DeliberateDifferences.All.Any(known => known.Covers(difference))).ToList();

        Assert.True(unexplained.Count == 0, $"'{scenario}' on {backend}: {unexplained.Count} differences.\n{string.Join('\n', unexplained)}");
    }

    [SkippableFact]
    public async Task DeliberateDifferences_EveryOne_IsSeenInAScenario()
    {
        await ModalSdk.RequireAsync();
        var seen = new List<WireDifference>();
        foreach (var scenario in WireScenarios.All)
        {
            foreach (var backend in scenario.Backends)
            {
                seen.AddRange(await fixture.CompareAsync(scenario, backend));
            }
        }

        Assert.All(DeliberateDifferences.All, known => Assert.True(seen.Any(known.Covers), $"No scenario differs in this any more; remove it: {known}"));
    }
}
