using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI;

public sealed partial class ModalSandbox
{
    /// <summary>How long Modal may look for the task whose log is asked for.</summary>
    private const float LogTaskSeconds = 0.5f;

    private string? _appId;

    /// <summary>What Modal has kept of its own command's output.</summary>
    public ModalSandboxLogs Logs => field ??= new ModalSandboxLogs(this, FindLogTaskAsync);

    /// <summary>Whose log it is (RPC SandboxWait for the app, SandboxGetTaskId for the task, or their V2), asked for side by side and remembered.</summary>
    private async Task<(string AppId, string TaskId)> FindLogTaskAsync(CancellationToken cancellationToken)
    {
        var app = FindAppIdAsync(cancellationToken);
        var task = FindTaskIdAsync(cancellationToken);
        await Task.WhenAll(app, task).ConfigureAwait(false);
        return (await app.ConfigureAwait(false), await task.ConfigureAwait(false));
    }

    private async Task<string> FindAppIdAsync(CancellationToken cancellationToken)
    {
        if (_appId is null)
        {
            var response = await _calls.WaitAsync(longPoll: false, cancellationToken).ConfigureAwait(false);
            _appId = response.Metadata is { AppId.Length: > 0 } metadata
                ? metadata.AppId
                : throw new ModalException(ModalErrorCode.Internal, $"Modal did not tell the app of sandbox {Id}, which its log is looked up by.");
        }

        return _appId;
    }

    private async Task<string> FindTaskIdAsync(CancellationToken cancellationToken)
    {
        if (_access.TaskId is { } known)
        {
            return known;
        }

        var response = await _access.AskForTaskAsync(new SandboxGetTaskIdRequest { Timeout = LogTaskSeconds }, timeout: null, cancellationToken).ConfigureAwait(false);
        return response.TaskId.Length > 0
            ? response.TaskId
            : throw new ModalException(ModalErrorCode.Conflict, $"Sandbox {Id} has no log yet: it waits to be scheduled.");
    }
}
