using ModalAI.Conformance.Wire;

namespace ModalAI.Conformance.Failures;

/// <summary>Something that is to fail, as this client does it; <c>node/wire-failures.mjs</c> has it under the same name for Modal's SDK.</summary>
internal static class FailureAction
{
    private const string Missing = "im-0123456789abcdefABCDEF";

    public static IReadOnlyDictionary<string, Func<WireRun, Task>> All { get; } = new Dictionary<string, Func<WireRun, Task>>
    {
        ["failing look-up of an app"] = run => run.AppAsync(),
        ["failing look-up of an image by id"] = run => run.Client.Images.GetAsync(Missing, run.CancellationToken),
        ["failing look-up of an image by name"] = run => run.Client.Images.GetByNameAsync("base", cancellationToken: run.CancellationToken),
        ["failing deletion of an image"] = run => run.Client.Images.DeleteAsync(Missing, run.CancellationToken),
        ["failing publication of an image"] = async run => await run.Client.Images.PublishAsync(
            await run.Client.Images.BuildAsync(WireRun.Defaults.Image, await run.AppAsync(), run.CancellationToken), "base", cancellationToken: run.CancellationToken),
        ["failing build of an image"] = async run => await run.Client.Images.BuildAsync(WireRun.Defaults.Image, await run.AppAsync(), run.CancellationToken),
        ["failing look-up of a secret"] = run => run.Client.Secrets.GetAsync("warehouse", cancellationToken: run.CancellationToken),
        ["failing storage of a secret"] = async run => await run.Client.Images.BuildAsync(
            ModalImage.FromRegistry("ghcr.io/a/b:1", ModalSecret.FromValues([new("A", "1")])), await run.AppAsync(), run.CancellationToken),
        ["failing look-up of a volume"] = run => run.Client.Volumes.GetAsync("data", cancellationToken: run.CancellationToken),
        ["failing creation"] = run => run.WithSandboxAsync(_ => Task.CompletedTask),
        ["failing look-up of a sandbox by name"] = run => run.Client.Sandboxes.GetByNameAsync(WireRun.AppName, "nobody", cancellationToken: run.CancellationToken),
        ["failing list"] = async run =>
        {
            await foreach (var _ in run.Client.Sandboxes.ListAsync(null, run.CancellationToken))
            {
                // It is to fail before.
            }
        },
        ["failing change of tags"] = run => run.WithSandboxAsync(
            sandbox => sandbox.SetTagsAsync(new Dictionary<string, string> { ["a"] = "b" }, run.CancellationToken)),
        ["failing look-up of tags"] = run => run.WithSandboxAsync(sandbox => sandbox.GetTagsAsync(run.CancellationToken)),
        ["failing poll"] = run => run.WithSandboxAsync(sandbox => sandbox.PollAsync(run.CancellationToken)),
        ["failing command"] = run => run.WithSandboxAsync(sandbox => sandbox.ExecuteAsync("true", run.CancellationToken)),
        ["failing read of a file"] = run => run.WithSandboxAsync(sandbox => sandbox.Files.ReadAllTextAsync("/etc/hostname", cancellationToken: run.CancellationToken)),
        ["failing list of files"] = run => run.WithSandboxAsync(sandbox => sandbox.Files.ListAsync("/", run.CancellationToken)),
        ["failing write of a file"] = run => run.WithSandboxAsync(sandbox => sandbox.Files.WriteAllTextAsync("/tmp/x", "x", run.CancellationToken)),
        ["command in a sandbox that has ended"] = run => run.WithSandboxAsync(async sandbox =>
        {
            await sandbox.TerminateAsync(run.CancellationToken);
            await sandbox.WaitAsync(run.CancellationToken);
            await run.Client.Sandboxes.Get(sandbox.Id).ExecuteAsync("true", run.CancellationToken);
        }),
        ["command by another handle"] = run => run.WithSandboxAsync(sandbox => run.Client.Sandboxes.Get(sandbox.Id).ExecuteAsync("true", run.CancellationToken)),
        ["command by a handle that was let go"] = run => run.WithSandboxAsync(async sandbox =>
        {
            var handle = run.Client.Sandboxes.Get(sandbox.Id);
            await handle.DisposeAsync();
            await handle.ExecuteAsync("true", run.CancellationToken);
        }),
    };
}
