namespace ModalAI.Conformance.Wire;

/// <summary>All that this client sends otherwise than Modal's SDK, with the reasons. The documentation shows the same table (<c>src/ModalAI/SDK.md</c>).</summary>
internal static class DeliberateDifferences
{
    public static IReadOnlyList<DeliberateDifference> All { get; } =
    [
        Other("*", "headers.user-agent", "Says who calls."),
        Other("*", "headers.x-modal-libmodal-version", "Says who calls."),
        Other("*", "headers.x-modal-client-type", "`0`: Modal has no number for other clients, and `8` would claim to be its JS SDK. `ModalClientOptions.ClientType` sets it."),
        Other("*", "headers.grpc-accept-encoding", "Replies are taken without compression, so nothing else is offered."),
        SdkOnly("*", "headers.accept-encoding", "HTTP's own compression, which gRPC does not use."),
        OursOnly("*", "headers.grpc-timeout", "The server learns how long the answer is waited for; the SDK resets the stream instead."),
        SdkOnly(
            "AppGetOrCreate, EnvironmentGetOrCreate, ImageGetOrCreate, SecretGetOrCreate, VolumeGetOrCreate",
            "headers.x-modal-auth-token",
            "Look-ups do not wait for the token when there is none yet, which saves a round trip; Modal's Python SDK never sends it with them. A server that wants it gets it when it says so."),
        OursOnly(
            "TaskExecStart",
            "secret_sources[*].env.contents.MODALAI_EXEC_ID",
            "By this variable a command and its children are found again when they are to be killed, for which Modal has no call."),
        OursOnly("TaskExecStdioRead", "", "Output is read ahead, beside the start and the wait, so that it costs no round trip of its own; the SDK asks for it after the end."),
        OursOnly("TaskExecStdinWrite", "", "A command that is given no input has its input ended at once, so that it does not wait for any.") with
        {
            When = static difference => difference.Ours!.Contains("\"eof\":true", StringComparison.Ordinal) && !difference.Ours.Contains("\"data\":", StringComparison.Ordinal),
        },
        SdkOnly("TaskExecStdinWrite", "", "A watch that has ended by itself has no input left to end.") with
        {
            When = static difference => difference.Sdk!.Contains("\"eof\":true", StringComparison.Ordinal) && !difference.Sdk.Contains("\"data\":", StringComparison.Ordinal),
        },
    ];

    private static DeliberateDifference Other(string rpcs, string path, string reason) => new(rpcs, path, Sdk: true, Ours: true, reason);

    private static DeliberateDifference SdkOnly(string rpcs, string path, string reason) => new(rpcs, path, Sdk: true, Ours: false, reason);

    private static DeliberateDifference OursOnly(string rpcs, string path, string reason) => new(rpcs, path, Sdk: false, Ours: true, reason);
}
