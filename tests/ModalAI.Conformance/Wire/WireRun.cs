using ModalAI.Conformance.Support;
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

    /// <summary>An emulator that records, and accepts what it cannot do.</summary>
    public static Task<ModalEmulator> StartEmulatorAsync()
    {
        var options = new ModalEmulatorOptions { RecordRequests = true, Accept = ModalEmulatorAcceptance.All };
        options.Environments.Add("staging");
        options.Proxies.Add("static");
        options.Secrets["warehouse"] = new Dictionary<string, string> { ["WAREHOUSE_KEY"] = "named value" };
        options.Secrets["registry"] = new Dictionary<string, string> { ["REGISTRY_USERNAME"] = "user", ["REGISTRY_PASSWORD"] = "password" };
        options.Secrets["aws"] = new Dictionary<string, string> { ["AWS_ACCESS_KEY_ID"] = "id", ["AWS_SECRET_ACCESS_KEY"] = "key", ["AWS_REGION"] = "us-east-1" };
        options.Secrets["gcp"] = new Dictionary<string, string> { ["SERVICE_ACCOUNT_JSON"] = "{}" };
        return ModalEmulator.StartAsync(options);
    }

    /// <summary>A client of the backend with the credentials that the scripts have.</summary>
    public static ModalClient CreateClient(ModalEmulator emulator, Backend backend) => new(new ModalClientOptions
    {
        ServerUrl = emulator.ServerUrl,
        TokenId = ModalSdk.TokenId,
        TokenSecret = ModalSdk.TokenSecret,
        UseV2 = backend == Backend.V2,
        UseEnvironmentVariables = false,
        UseConfigurationFile = false,
    });

    /// <summary>The app of the scenarios.</summary>
    public Task<ModalApp> AppAsync() => client.Apps.GetAsync(AppName, createIfMissing: true, cancellationToken: cancellationToken);

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
