using Xunit;

namespace ModalAI.TestSupport;

/// <summary>A test on the emulator with a client of its own; after each test nothing may be left running.</summary>
public abstract class EmulatorTest : IClassFixture<EmulatorFixture>, IAsyncLifetime
{
    /// <summary>Initializes a new instance.</summary>
    protected EmulatorTest(EmulatorFixture fixture)
    {
        Fixture = fixture;
        Client = fixture.CreateClient();
    }

    /// <summary>The emulator of the class.</summary>
    protected EmulatorFixture Fixture { get; }

    /// <summary>A client of the test's own.</summary>
    protected ModalClient Client { get; }

    /// <inheritdoc/>
    public virtual Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        await Client.DisposeAsync();
        await Fixture.AssertNothingLeftAsync();
    }

    /// <summary>A sandbox that ends with the test.</summary>
    protected async Task<SandboxLifetime> CreateSandboxAsync(Func<ModalSandboxCreateOptions, ModalSandboxCreateOptions>? configure = null)
    {
        var options = new ModalSandboxCreateOptions { AppName = "tests" };
        return new SandboxLifetime(await Client.Sandboxes.CreateAsync(configure?.Invoke(options) ?? options, TestTimeout.Token));
    }
}
