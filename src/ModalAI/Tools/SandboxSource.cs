using Grpc.Core;
using ModalAI.Leasing;

namespace ModalAI.Tools;

/// <summary>Where the sandbox of a call comes from.</summary>
/// <param name="AcquireAsync">Borrows the sandbox for one call.</param>
/// <param name="ReleaseAsync">Gives it back when the call is over, and says whether it was found to have ended.</param>
/// <param name="Life">How long the sandbox lives, as the model sees it.</param>
internal sealed record SandboxSource(
    Func<CancellationToken, Task<ModalSandboxLease>> AcquireAsync, Func<ModalSandboxLease, bool, ValueTask> ReleaseAsync, SandboxLife Life)
{
    /// <summary>Tells the model when its sandbox is another one than before.</summary>
    public ReplacementNotices Notices { get; init; } = new();

    /// <summary>The files that those who use it have seen.</summary>
    public SeenFiles Seen { get; init; } = new();

    /// <summary>Looks at the programs that there are, beside the first call; null for not at all.</summary>
    public SandboxPrograms? Programs { get; init; }

    /// <summary>A lease of its own for each call.</summary>
    public SandboxSource(Func<CancellationToken, Task<ModalSandboxLease>> acquireAsync, SandboxLife life)
        : this(acquireAsync, static (lease, _) => lease.DisposeAsync(), life)
    {
    }

    /// <summary>Does the work of a call in the sandbox. What a model can mend comes back as text.</summary>
    public async Task<ToolReply> UseAsync(string tool, Func<ModalSandbox, Task<ToolReply>> work, CancellationToken cancellationToken)
    {
        // All that fails here is the operator's to mend: credentials, names of secrets and volumes, quotas, a sandbox id that has ended.
        ModalSandboxLease lease;
        try
        {
            lease = await AcquireAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ModalException exception) when (exception.Code == ModalErrorCode.SandboxEnded && Life == SandboxLife.Bound)
        {
            return DescribeEnd(exception.Message);
        }

        var hasEnded = false;
        var looking = Task.CompletedTask;
        var sandbox = lease.Sandbox;
        string? notice = null;
        var wasTold = false;
        try
        {
            looking = Programs?.LookAsync(sandbox, cancellationToken) ?? looking;
            notice = Notices.Take(sandbox, lease.Replacement);
            try
            {
                return WithNotice(await work(sandbox).ConfigureAwait(false));
            }
            catch (ModalException exception) when (exception.Code == ModalErrorCode.SandboxEnded)
            {
                hasEnded = true;
                lease.Doubt(sandbox);
                var reason = await FindReasonAsync(sandbox, cancellationToken).ConfigureAwait(false) ?? $"{Reason(exception)}.";
                var reply = DescribeEnd(reason);
                return WithNotice(exception is UnfinishedCommandException { Output: var output } ? reply with { Text = $"{reply.Text}\n{output}" } : reply);
            }
            catch (ModalException exception) when (Describe(tool, exception) is { } text)
            {
                return WithNotice(ToolReply.Fail(ToolFailure.Failed, text));
            }

            ToolReply WithNotice(ToolReply reply)
            {
                wasTold = true;
                return notice is null ? reply : reply with { Text = $"{notice}\n{reply.Text}" };
            }
        }
        finally
        {
            if (notice is not null)
            {
                Notices.Settle(sandbox, wasTold);
            }

            await looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ReleaseAsync(lease, hasEnded).ConfigureAwait(false);
        }
    }

    /// <summary>What to tell a model of a sandbox that has ended.</summary>
    private ToolReply DescribeEnd(string reason) => ToolReply.Fail(
        ToolFailure.Failed, $"The sandbox has ended, with its processes and all files outside of volumes. {AfterTheEnd} ({reason})");

    /// <summary>
    /// What to tell a model of a failure; null for those that no other call of a tool mends: rejected credentials, missing permission, a server that can't be
    /// reached, does not offer the call or fails, a reached quota, an image, secret or volume that is missing.
    /// </summary>
    private static string? Describe(string tool, ModalException exception) => exception.Code switch
    {
        ModalErrorCode.Timeout or ModalErrorCode.DataLoss or ModalErrorCode.Conflict =>
            $"{tool} got no complete answer, so it may or may not have been done. Look at the state first, then try again. ({Reason(exception)})",
        ModalErrorCode.InvalidArgument or ModalErrorCode.FileOperationFailed or ModalErrorCode.CommandFailed =>
            $"{tool} was refused, so nothing was done: {ToolText.Cut(Reason(exception), 400)}. Give other arguments.",
        _ => null,
    };

    /// <summary>Why it has failed, without what an exception advises an application to do.</summary>
    private static string Reason(ModalException exception) =>
        (exception.InnerException is RpcException { Status.Detail: { Length: > 0 } detail } ? detail : exception.Message).TrimEnd('.');

    /// <summary>Why a sandbox has ended; null where Modal does not tell yet.</summary>
    private static async Task<string?> FindReasonAsync(ModalSandbox sandbox, CancellationToken cancellationToken)
    {
        try
        {
            return await sandbox.PollAsync(cancellationToken).ConfigureAwait(false) is { } exit ? $"It {EndedSandbox.Describe(exit)}." : null;
        }
        catch (ModalException)
        {
            return null;
        }
    }

    private string AfterTheEnd => Life switch
    {
        SandboxLife.Bound => "Further calls will fail too: tell the user what was done and what is missing.",
        SandboxLife.Shared => "The next call may get a new one: make again what you need there.",
        SandboxLife.PerResponse or SandboxLife.PerSession => "The next call gets a new one: make again what you need there.",
        _ => "The next call gets a new one.",
    };
}
