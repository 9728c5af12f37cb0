using System.Text;
using System.Text.Json;
using ModalAI.Emulator.FileSystem;
using ModalAI.Emulator.Isolation;
using ModalAI.Emulator.Server;

namespace ModalAI.Emulator.Sandboxes;

/// <summary>
/// One container of a sandbox, the main one or a sidecar: a root file system with processes, environment, working directory and volumes of its own.
/// What a request does in the container that it names, it does through this.
/// </summary>
internal sealed partial class SandboxContainer : IAsyncDisposable
{
    /// <summary>What stands in the container for an operation that runs outside of it. It does nothing until it is killed.</summary>
    private static readonly string[] StandIn = ["sleep", "86400"];

    private readonly (string Sandbox, string Task) _ids;

    /// <param name="id">Its own id, <c>ctr-…</c>.</param>
    /// <param name="ids">The ids of its sandbox and of the sandbox's task, which its processes find in their environment.</param>
    /// <param name="plan">What it is to be.</param>
    /// <param name="isolated">Where its processes run; owned from here on.</param>
    public SandboxContainer(string id, (string Sandbox, string Task) ids, ContainerPlan plan, IsolatedSandbox isolated)
    {
        Id = id;
        _ids = ids;
        Plan = plan;
        Isolated = isolated;
        FileTools = new FileSystemTools($"/proc/{isolated.InitProcessId}/root", isolated.RootOwner);
    }

    public string Id { get; }

    public ContainerPlan Plan { get; }

    public IsolatedSandbox Isolated { get; }

    public FileSystemTools FileTools { get; }

    /// <summary>Makes it fit for commands: nothing has run in it yet.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        CheckVolumes();
        if (Plan.WorkingDirectory != "/")
        {
            await MakeWorkingDirectoryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Starts what a request asks for: a process, or one of the file tools.</summary>
    public IExecBody StartBody(ExecRequest request, StandardInput input, OutputSpool? output, OutputSpool? error, CancellationToken kill)
    {
        if (request.Arguments[0] == FileSystemTools.ProgramPath)
        {
            return request.Arguments.Count == 2
                ? new FileToolsBody(FileTools, request.Arguments[1], () => StartProcess(request with { Arguments = StandIn }), input.Reader, output, error, kill)
                : throw RpcFailedException.InvalidArgument($"{FileSystemTools.ProgramPath} takes one argument; it was given {request.Arguments.Count - 1}.");
        }

        return new ProcessBody(StartProcess(request), input.Reader, output, error, kill);
    }

    /// <summary>Starts a process that is the caller's to end and to dispose of.</summary>
    public IsolatedProcess StartProcess(ExecRequest request)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["MODAL_SANDBOX_ID"] = _ids.Sandbox, ["MODAL_TASK_ID"] = _ids.Task };
        foreach (var (key, value) in (request.Terminal?.Environment ?? []).Concat(Plan.Settings.Environment).Concat(Plan.Environment).Concat(request.Environment))
        {
            environment[key] = value;
        }

        return Isolated.Start(new ProcessSpec
        {
            Arguments = request.Arguments,
            Environment = environment,
            WorkingDirectory = request.WorkingDirectory ?? Plan.WorkingDirectory,
            MergeErrorIntoOutput = request.MergeErrorIntoOutput,
            Terminal = request.Terminal?.Size,
        });
    }

    /// <summary>Ends one in which nothing was started, and removes its files.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Isolated.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            FileTools.Dispose();
        }
    }

    /// <summary>Another sandbox may have put a link in the place of a directory just before it was mounted; nothing has run in this one yet.</summary>
    private void CheckVolumes()
    {
        foreach (var (bind, identity) in Plan.Volumes)
        {
            if (identity is not null && FolderIdentity.OfSandbox(Isolated.InitProcessId, bind.MountPath) != identity)
            {
                throw RpcFailedException.FailedPrecondition($"The volume's sub path for '{bind.MountPath}' was replaced while it was mounted; try again.");
            }
        }
    }

    /// <summary>Images usually bring their working directory along; the computer's own file system does not, so it is made.</summary>
    private async Task MakeWorkingDirectoryAsync(CancellationToken cancellationToken)
    {
        var argument = JsonSerializer.Serialize(new { MakeDirectory = new { path = Plan.WorkingDirectory, parents = true } });
        using var error = new MemoryStream();
        if (await FileTools.RunAsync(argument, Stream.Null, Stream.Null, error, cancellationToken).ConfigureAwait(false) != 0)
        {
            throw RpcFailedException.FailedPrecondition(
                $"The working directory '{Plan.WorkingDirectory}' could not be made: {Encoding.UTF8.GetString(error.ToArray()).Trim()}");
        }
    }
}
