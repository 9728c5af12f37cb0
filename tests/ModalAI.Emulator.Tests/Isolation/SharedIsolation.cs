using Xunit;

namespace ModalAI.Emulator.Tests.Isolation;

[CollectionDefinition(Name)]
public sealed class SharedIsolation : ICollectionFixture<IsolationFixture>
{
    public const string Name = "Isolation";
}
