using ModalAI.Conformance.Support;
using ModalAI.Emulator;
using Xunit;

namespace ModalAI.Conformance.Failures;

/// <summary>
/// What a caller sees when Modal answers with a failure: the SDK's error class, and this client's code for it. A status that the SDK has no class for leaves it as
/// the bare gRPC error (<c>ClientError</c>).
/// </summary>
public sealed class FailureTests(FailureStage stage) : IClassFixture<FailureStage>
{
    [SkippableTheory]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.InvalidArgument, "", "ClientError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.OutOfRange, "", "ClientError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.AlreadyExists, "", "ClientError", ModalErrorCode.AlreadyExists)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.PermissionDenied, "", "ClientError", ModalErrorCode.PermissionDenied)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.Unauthenticated, "", "ClientError", ModalErrorCode.Unauthenticated)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.ResourceExhausted, "", "ClientError", ModalErrorCode.ResourceExhausted)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.FailedPrecondition, "", "ClientError", ModalErrorCode.Conflict)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.Aborted, "", "ClientError", ModalErrorCode.Conflict)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.Unimplemented, "", "ClientError", ModalErrorCode.Unimplemented)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.DataLoss, "", "ClientError", ModalErrorCode.DataLoss)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.Unavailable, "", "ClientError", ModalErrorCode.Unavailable)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.DeadlineExceeded, "", "ClientError", ModalErrorCode.Timeout)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.Internal, "", "ClientError", ModalErrorCode.Internal)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.Unknown, "", "ClientError", ModalErrorCode.Unknown)]
    [InlineData("failing look-up of an app", "AppGetOrCreate", RpcStatusCode.Cancelled, "", "ClientError", ModalErrorCode.Unknown)]
    [InlineData("failing look-up of an app", "AuthTokenGet", RpcStatusCode.Unauthenticated, "", "ClientError", null)]
    [InlineData("failing poll", "AuthTokenGet", RpcStatusCode.PermissionDenied, "", "ClientError", ModalErrorCode.PermissionDenied)]
    [InlineData("failing look-up of an image by id", "ImageFromId", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing look-up of an image by id", "ImageFromId", RpcStatusCode.FailedPrecondition, "Could not find image with ID im-1", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing look-up of an image by id", "ImageFromId", RpcStatusCode.FailedPrecondition, "Something else", "ClientError", ModalErrorCode.Conflict)]
    [InlineData("failing look-up of an image by name", "ImageGetByTag", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing deletion of an image", "ImageDelete", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing deletion of an image", "ImageDelete", RpcStatusCode.FailedPrecondition, "Could not find image with ID im-1", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing publication of an image", "ImagePublish", RpcStatusCode.InvalidArgument, "", "ClientError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing build of an image", "ImageGetOrCreate", RpcStatusCode.InvalidArgument, "", "ClientError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing build of an image", "EnvironmentGetOrCreate", RpcStatusCode.NotFound, "", "ClientError", ModalErrorCode.NotFound)]
    [InlineData("failing look-up of a secret", "SecretGetOrCreate", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing look-up of a secret", "SecretGetOrCreate", RpcStatusCode.FailedPrecondition, "Secret is missing key(s): A", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing look-up of a secret", "SecretGetOrCreate", RpcStatusCode.FailedPrecondition, "Something else", "ClientError", ModalErrorCode.Conflict)]
    [InlineData("failing storage of a secret", "SecretGetOrCreate", RpcStatusCode.InvalidArgument, "", "InvalidError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing storage of a secret", "SecretGetOrCreate", RpcStatusCode.FailedPrecondition, "", "InvalidError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing look-up of a volume", "VolumeGetOrCreate", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing creation", "SandboxCreate*", RpcStatusCode.AlreadyExists, "", "AlreadyExistsError", ModalErrorCode.AlreadyExists)]
    [InlineData("failing creation", "SandboxCreate*", RpcStatusCode.InvalidArgument, "", "ClientError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing creation", "SandboxCreate*", RpcStatusCode.ResourceExhausted, "", "ClientError", ModalErrorCode.ResourceExhausted)]
    [InlineData("failing creation", "SandboxCreate*", RpcStatusCode.FailedPrecondition, "", "ClientError", ModalErrorCode.Conflict)]
    [InlineData("failing look-up of a sandbox by name", "SandboxGetFromName*", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.NotFound)]
    [InlineData("failing look-up of a sandbox by name", "SandboxGetFromName*", RpcStatusCode.PermissionDenied, "", "ClientError", ModalErrorCode.PermissionDenied)]
    [InlineData("failing list", "SandboxList*", RpcStatusCode.InvalidArgument, "", "InvalidError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing change of tags", "SandboxTagsSet*", RpcStatusCode.InvalidArgument, "", "InvalidError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing look-up of tags", "SandboxTagsGet*", RpcStatusCode.InvalidArgument, "", "InvalidError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing poll", "SandboxWait*", RpcStatusCode.NotFound, "", "ClientError", ModalErrorCode.NotFound)]
    [InlineData("failing command", "TaskExecStart", RpcStatusCode.InvalidArgument, "", "ClientError", ModalErrorCode.InvalidArgument)]
    [InlineData("failing command", "TaskExecStart", RpcStatusCode.NotFound, "", "ClientError", ModalErrorCode.SandboxEnded)]
    [InlineData("failing command", "TaskExecStart", RpcStatusCode.FailedPrecondition, "", "ClientError", ModalErrorCode.SandboxEnded)]
    [InlineData("failing command", "TaskExecStart", RpcStatusCode.ResourceExhausted, "", "ClientError", ModalErrorCode.ResourceExhausted)]
    [InlineData("command by another handle", "SandboxGetCommandRouterAccess/TaskGetCommandRouterAccess", RpcStatusCode.FailedPrecondition, "", "Error", ModalErrorCode.SandboxEnded)]
    [InlineData("failing read of a file", "TaskExecStart", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.SandboxEnded)]
    [InlineData("failing list of files", "TaskExecStart", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.SandboxEnded)]
    [InlineData("failing write of a file", "TaskExecStart", RpcStatusCode.NotFound, "", "NotFoundError", ModalErrorCode.SandboxEnded)]
    [InlineData("failing read of a file", "TaskExecStart", RpcStatusCode.PermissionDenied, "", "SandboxFilesystemError", ModalErrorCode.PermissionDenied)]
    [InlineData("failing list of files", "TaskExecStart", RpcStatusCode.InvalidArgument, "", "SandboxFilesystemError", ModalErrorCode.InvalidArgument)]
    public async Task Call_AnsweredWithAFailure_IsToldAsTheSdkTellsIt(
        string action, string rpc, RpcStatusCode status, string message, string sdkError, ModalErrorCode? code)
    {
        foreach (var backend in (Backend[])[Backend.V2, Backend.V1])
        {
            // Where the backends' RPCs have other names, V2's comes first.
            var name = rpc.Split('/') is [var v2, var v1] ? (backend == Backend.V2 ? v2 : v1) : rpc;
            var rule = new ModalEmulatorFaultRule(name) { Status = status, Message = message.Length > 0 ? message : "Asked for by the test." };
            Json.FailsWith(sdkError, await stage.SdkAsync(action, backend, rule));
            if (code is not null)
            {
                Assert.Equal(code, Assert.IsAssignableFrom<ModalException>(await stage.OursAsync(FailureAction.All[action], backend, rule)).Code);
            }
        }
    }

    [SkippableTheory]
    [InlineData(Backend.V2)]
    [InlineData(Backend.V1)]
    public async Task Command_InASandboxThatHasEnded_IsTheServersRefusalToTheSdkAndAnEndToUs(Backend backend)
    {
        const string Action = "command in a sandbox that has ended";

        Json.FailsWith(Json.NotFound, "", await stage.SdkAsync(Action, backend, null));
        Assert.Equal(ModalErrorCode.SandboxEnded, Assert.IsType<ModalException>(await stage.OursAsync(FailureAction.All[Action], backend, null)).Code);
    }

    [SkippableTheory]
    [InlineData(Backend.V2)]
    [InlineData(Backend.V1)]
    public async Task Command_ByAHandleThatWasLetGo_IsRefusedHere(Backend backend)
    {
        const string Action = "command by a handle that was let go";

        Json.FailsWith("ClientClosedError", await stage.SdkAsync(Action, backend, null));
        Assert.IsType<ObjectDisposedException>(await stage.OursAsync(FailureAction.All[Action], backend, null));
    }
}
