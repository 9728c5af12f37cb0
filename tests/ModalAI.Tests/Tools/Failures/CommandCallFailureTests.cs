using ModalAI.TestSupport;
using Xunit.Abstractions;

namespace ModalAI.Tests.Tools.Failures;

/// <summary>Functions that work in a sandbox when its calls fail.</summary>
public sealed class CommandCallFailureTests(EmulatorFixture fixture, ITestOutputHelper output) : CallFailureTests(fixture, output)
{
    [Fact]
    public Task Calls_ThatModalFails_NeverThrowButForWhatTheOperatorMends() => RunAsync(CallFailureCatalogue.Running);
}
