using System.Diagnostics.CodeAnalysis;
using ModalAI.Configuration;
using ModalAI.Diagnostics;
using ModalAI.Protocol;
using ModalAI.Rpc;
using ModalAI.Sandboxes;
using static ModalAI.Protocol.GenericResult.Types;
using NameOverride = ModalAI.Protocol.SandboxRestoreRequest.Types.SandboxNameOverrideType;

#pragma warning disable MODALAI003 // This is its inside.

namespace ModalAI;

/// <content>Sandboxes made of snapshots of memory.</content>
public sealed partial class ModalSandboxes
{
    private const int ReadySeconds = 55;
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(ReadySeconds + 15);

    /// <summary>
    /// Makes a new sandbox of a snapshot of files and memory, on the backend that the snapshot was made on (RPC SandboxRestoreV2; SandboxRestore and SandboxGetTaskId on
    /// V1; SandboxSnapshotGet for a snapshot given by its id). Limited by <see cref="ModalClientOptions.CreateTimeout"/>. An experiment of Modal's.
    /// </summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="options">The new sandbox's name; null to keep that of the old one.</param>
    /// <param name="cancellationToken">Gives up; a sandbox that comes into being all the same is terminated.</param>
    /// <exception cref="ArgumentException">The name is malformed, or given along with <see cref="ModalSandboxRestoreOptions.WithoutName"/>.</exception>
    /// <exception cref="ModalException">
    /// <see cref="ModalErrorCode.NotFound"/>: there is no such snapshot; <see cref="ModalErrorCode.AlreadyExists"/>: the name is taken;
    /// <see cref="ModalErrorCode.SnapshotFailed"/>: it could not be restored.
    /// </exception>
    [Experimental("MODALAI003")]
    public async Task<ModalSandbox> RestoreAsync(
        ModalSandboxSnapshot snapshot, ModalSandboxRestoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        options ??= new ModalSandboxRestoreOptions();
        var name = NameOf(options);
        cancellationToken.ThrowIfCancellationRequested();
        return await _client.Background.WaitOrUndoAsync(RestoreCoreAsync(snapshot, name, options), TerminateQuietlyAsync, cancellationToken).ConfigureAwait(false);
    }

    private static NameOverride NameOf(ModalSandboxRestoreOptions options)
    {
        if (options.Name is null)
        {
            return options.WithoutName ? NameOverride.None : NameOverride.Unspecified;
        }

        if (options.WithoutName)
        {
            throw new ArgumentException($"{nameof(options.Name)} is '{options.Name}', and {nameof(options.WithoutName)} is set: choose one.", nameof(options));
        }

        return ModalNames.IsObjectName(options.Name)
            ? NameOverride.String
            : throw new ArgumentException($"{nameof(options.Name)} is '{options.Name}': {ModalNames.ObjectNameRule}.", nameof(options));
    }

    private async Task<ModalSandbox> RestoreCoreAsync(ModalSandboxSnapshot snapshot, NameOverride name, ModalSandboxRestoreOptions options)
    {
        try
        {
            var sandbox = snapshot.IsV2 ?? await IsV2Async(snapshot).ConfigureAwait(false)
                ? await RestoreV2Async(snapshot, name, options).ConfigureAwait(false)
                : await RestoreV1Async(snapshot, name, options).ConfigureAwait(false);
            Log.SandboxRestored(_logger, sandbox.Id, snapshot.Id);
            return sandbox;
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.NotFound)
        {
            throw ModalErrors.Explain(exception, $"Snapshot '{snapshot.Id}' was not found. Modal keeps snapshots of memory for seven days.");
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.AlreadyExists)
        {
            throw ModalErrors.Explain(exception, $"Snapshot '{snapshot.Id}' can't be restored: a sandbox of that name is running already. Give another Name, or WithoutName.");
        }
    }

    private async Task<bool> IsV2Async(ModalSandboxSnapshot snapshot)
    {
        var response = await _controlPlane.LookUpAsync(
            "SandboxSnapshotGet",
            static (stub, request, options) => stub.SandboxSnapshotGetAsync(request, options),
            new SandboxSnapshotGetRequest { SnapshotId = snapshot.Id },
            CancellationToken.None).ConfigureAwait(false);
        return response.HandleMetadata?.IsV2 ?? false;
    }

    private async Task<ModalSandbox> RestoreV2Async(ModalSandboxSnapshot snapshot, NameOverride name, ModalSandboxRestoreOptions options)
    {
        var response = await _controlPlane.CallAsync(
            "SandboxRestoreV2",
            static (stub, request, options) => stub.SandboxRestoreV2Async(request, options),
            new SandboxRestoreV2Request { SnapshotId = snapshot.Id, SandboxNameOverrideType = name, SandboxNameOverride = options.Name ?? "" },
            _client.Options.CreateTimeout,
            CancellationToken.None).ConfigureAwait(false);
        var origin = OriginOf(options) with
        {
            TaskId = response.TaskId.Length > 0 ? response.TaskId : null,
            Access = response.CommandRouterAccess,
        };
        return await HandleOfNewAsync(response.SandboxId, origin).ConfigureAwait(false);
    }

    private async Task<ModalSandbox> RestoreV1Async(ModalSandboxSnapshot snapshot, NameOverride name, ModalSandboxRestoreOptions options)
    {
        var response = await _controlPlane.CallAsync(
            "SandboxRestore",
            static (stub, request, options) => stub.SandboxRestoreAsync(request, options),
            new SandboxRestoreRequest { SnapshotId = snapshot.Id, SandboxNameOverrideType = name, SandboxNameOverride = options.Name ?? "" },
            _client.Options.CreateTimeout,
            CancellationToken.None).ConfigureAwait(false);
        var sandbox = new ModalSandbox(_client, response.SandboxId, OriginOf(options));
        try
        {
            var task = await sandbox.Router.Access.AskForTaskAsync(
                new SandboxGetTaskIdRequest { WaitUntilReady = true, Timeout = ReadySeconds }, ReadyTimeout, CancellationToken.None).ConfigureAwait(false);
            return task.TaskResult is null or { Status: GenericStatus.Unspecified or GenericStatus.Success }
                ? sandbox
                : throw new ModalException(ModalErrorCode.SnapshotFailed, $"Snapshot '{snapshot.Id}' could not be restored: {task.TaskResult.Exception}");
        }
        catch
        {
            // One that comes up late would have nobody to end it.
            await TerminateQuietlyAsync(sandbox).ConfigureAwait(false);
            throw;
        }
    }

    private static SandboxOrigin OriginOf(ModalSandboxRestoreOptions options) => new() { Name = options.Name, CommandTimeout = options.CommandTimeout };
}
