using ModalAI.Emulator;

namespace ModalAI.Conformance.Wire;

/// <summary>What a scenario works with on our side; <c>wire.mjs</c> has the same for Modal's SDK.</summary>
internal sealed class WireRun(ModalClient client, ModalEmulator emulator, CancellationToken cancellationToken)
{
    public const string AppName = "wire";
    public const string Tag = "debian:12";

    public ModalClient Client => client;

    public ModalEmulator Emulator => emulator;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>The options that stand for the SDK's <c>create(app, image)</c> with nothing said.</summary>
    public static ModalSandboxCreateOptions Defaults { get; } = new() { AppName = AppName, Image = ModalImage.FromRegistry(Tag) };

    /// <summary>Creates a sandbox, hands it to the scenario, and ends it.</summary>
    public async Task WithSandboxAsync(ModalSandboxCreateOptions options, Func<ModalSandbox, Task> use)
    {
        await using var sandbox = await client.Sandboxes.CreateAsync(options, cancellationToken);
        try
        {
            await use(sandbox);
        }
        finally
        {
            await sandbox.TerminateAsync(cancellationToken);
        }
    }

    public Task WithSandboxAsync(Func<ModalSandbox, Task> use) => WithSandboxAsync(Defaults, use);

    /// <summary>What the emulator refuses has been recorded all the same.</summary>
    public static async Task RefusedAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (ModalException exception) when (exception.Code != ModalErrorCode.Unavailable)
        {
            // Compared are requests, not answers, as long as somebody answers.
        }
    }
}
