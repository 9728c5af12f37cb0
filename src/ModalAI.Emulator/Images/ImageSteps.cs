using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using ModalAI.Emulator.FileSystem;
using ModalAI.Emulator.Isolation;
using ModalAI.Protocol;

namespace ModalAI.Emulator.Images;

/// <summary>Carries out the instructions of an image, each command in a sandbox of its own that starts where the one before it ended.</summary>
internal sealed class ImageSteps : IAsyncDisposable
{
    private readonly string _imageId;
    private readonly BuildRecipe _recipe;
    private readonly SandboxHost _host;
    private readonly ImageBuildLog _log;
    private readonly List<SandboxLayer> _layers = [];
    private readonly Dictionary<string, string> _arguments = new(StringComparer.Ordinal);
    private ImageSettings _settings;
    private IsolatedSandbox? _sandbox;
    private bool _setsCommand;
    private int _count;

    public ImageSteps(string imageId, BuildRecipe recipe, SandboxHost host, ImageBuildLog log)
    {
        _imageId = imageId;
        _recipe = recipe;
        _host = host;
        _log = log;
        _settings = recipe.Base.Settings;
    }

    /// <returns>The image; the caller takes over the holds of its layers.</returns>
    /// <exception cref="DockerfileException">An instruction makes no sense, or a command failed.</exception>
    public async Task<ImageContent> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var layer in _recipe.Base.Layers)
        {
            _layers.Add(layer.TryHold() ? layer : throw new DockerfileException("the image that it is built on was deleted meanwhile"));
        }

        var number = 0;
        foreach (var instruction in DockerfileParser.Parse(_recipe.Commands))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _log.Add(FileDescriptor.Info, $"=> Step {++number}: {instruction}\n");
            await RunAsync(instruction, cancellationToken).ConfigureAwait(false);
        }

        await KeepAsync().ConfigureAwait(false);
        var content = new ImageContent(_recipe.Base.RootFileSystem, [.. _layers]) { Settings = _settings };
        _layers.Clear();
        return content;
    }

    public async ValueTask DisposeAsync()
    {
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync().ConfigureAwait(false);
        }

        _layers.ForEach(static layer => layer.Release());
    }

    private async Task RunAsync(DockerfileInstruction instruction, CancellationToken cancellationToken)
    {
        switch (instruction.Name)
        {
            case "RUN":
                await RunCommandAsync(instruction, cancellationToken).ConfigureAwait(false);
                break;
            case "WORKDIR":
                await SetWorkingDirectoryAsync(Expand(instruction.Text), cancellationToken).ConfigureAwait(false);
                break;
            case "ENV":
                _settings = _settings with { Environment = _settings.Environment.SetItems(ReadPairs(instruction)) };
                break;
            case "ARG":
                DeclareArguments(instruction);
                break;
            case "SHELL":
                _settings = _settings with
                {
                    Shell = instruction.JsonArguments is { Count: > 0 } shell ? [.. shell] : throw new DockerfileException("SHELL requires the arguments to be in JSON form"),
                };
                break;
            case "CMD":
                _setsCommand = true;
                _settings = _settings with { Command = ReadCommand(instruction) };
                break;
            case "ENTRYPOINT":
                // The arguments of the base were for its own entrypoint.
                _settings = _settings with { Entrypoint = ReadCommand(instruction), Command = _setsCommand ? _settings.Command : [] };
                break;
            case "LABEL":
                ReadPairs(instruction);
                break;
            default:
                // EXPOSE, MAINTAINER, and USER for root: nothing that a sandbox could tell.
                break;
        }
    }

    private string Expand(string word) => DockerfileWords.Expand(word, Find);

    private string? Find(string name) =>
        _settings.Environment.GetValueOrDefault(name) ?? _arguments.GetValueOrDefault(name) ?? (name == "PATH" ? SandboxEntrance.DefaultPath : null);

    private ImmutableArray<string> ReadCommand(DockerfileInstruction instruction) =>
        instruction.JsonArguments is { } arguments ? [.. arguments] : [.. _settings.Shell, instruction.Text];

    /// <summary><c>NAME=value ...</c>, or <c>NAME value</c> with all that follows. Values are those from before the instruction.</summary>
    private List<KeyValuePair<string, string>> ReadPairs(DockerfileInstruction instruction)
    {
        var words = DockerfileWords.Split(instruction.Text);
        if (!words[0].Contains('='))
        {
            var parts = instruction.Text.Split((char[]?)null, 2, StringSplitOptions.TrimEntries);
            return parts.Length == 2 ? [Pair(parts[0], parts[1])] : throw new DockerfileException($"{instruction.Name} must have two arguments");
        }

        return [.. words.Select(word => word.IndexOf('=') is var at and > 0 ? Pair(word[..at], word[(at + 1)..]) : throw new DockerfileException($"Syntax error - can't find = in '{word}'. Must be of the form: name=value"))];

        KeyValuePair<string, string> Pair(string name, string value) => new(CheckName(instruction, Expand(name)), Expand(value));
    }

    private void DeclareArguments(DockerfileInstruction instruction)
    {
        foreach (var word in DockerfileWords.Split(instruction.Text))
        {
            var at = word.IndexOf('=');
            var name = CheckName(instruction, at < 0 ? word : word[..at]);
            if (_recipe.Arguments.TryGetValue(name, out var given))
            {
                _arguments[name] = given;
            }
            else if (at >= 0)
            {
                _arguments[name] = Expand(word[(at + 1)..]);
            }
        }
    }

    private static string CheckName(DockerfileInstruction instruction, string name) =>
        name.Length > 0 && !name.Contains('\0') && !name.Contains('=') ? name : throw new DockerfileException($"{instruction.Name} has a name that is empty, or that is none: '{name}'");

    private async Task SetWorkingDirectoryAsync(string path, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        foreach (var name in (path.StartsWith('/') ? path : $"{_settings.WorkingDirectory}/{path}").Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name != "..")
            {
                names.Add(name);
            }
            else if (names.Count > 0)
            {
                names.RemoveAt(names.Count - 1);
            }

            if (name == ".")
            {
                names.RemoveAt(names.Count - 1);
            }
        }

        _settings = _settings with { WorkingDirectory = $"/{string.Join('/', names)}" };
        if (names.Count == 0)
        {
            return;
        }

        var sandbox = await OpenAsync(cancellationToken).ConfigureAwait(false);
        using var tools = new FileSystemTools($"/proc/{sandbox.InitProcessId}/root", sandbox.RootOwner);
        using var error = new MemoryStream();
        var argument = JsonSerializer.Serialize(new { MakeDirectory = new { path = _settings.WorkingDirectory, parents = true } });
        if (await tools.RunAsync(argument, Stream.Null, Stream.Null, error, cancellationToken).ConfigureAwait(false) != 0)
        {
            throw new DockerfileException($"WORKDIR {_settings.WorkingDirectory} could not be made: {Encoding.UTF8.GetString(error.ToArray()).Trim()}");
        }
    }

    private async Task RunCommandAsync(DockerfileInstruction instruction, CancellationToken cancellationToken)
    {
        var environment = new Dictionary<string, string>(_arguments, StringComparer.Ordinal);
        foreach (var (name, value) in _settings.Environment.Concat(_recipe.Secrets))
        {
            environment[name] = value;
        }

        var sandbox = await OpenAsync(cancellationToken).ConfigureAwait(false);
        var process = sandbox.Start(new ProcessSpec { Arguments = GetArguments(instruction), Environment = environment, WorkingDirectory = _settings.WorkingDirectory });
        int exitCode;
        await using (process.ConfigureAwait(false))
        {
            await process.StandardInput.DisposeAsync().ConfigureAwait(false);
            var printing = Task.WhenAll(PrintAsync(process.StandardOutput, FileDescriptor.Stdout), PrintAsync(process.StandardError, FileDescriptor.Stderr));
            exitCode = await process.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);

            // What the command has left behind ends with the sandbox, and with it its output.
            if (exitCode == 0)
            {
                await KeepAsync().ConfigureAwait(false);
            }
            else
            {
                await sandbox.DisposeAsync().ConfigureAwait(false);
                _sandbox = null;
            }

            await printing.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (exitCode != 0)
        {
            throw new DockerfileException($"failed to run builder command \"{instruction}\": container exit status: {exitCode}");
        }
    }

    private ImmutableArray<string> GetArguments(DockerfileInstruction instruction)
    {
        if (instruction.Documents.Count == 0)
        {
            return ReadCommand(instruction);
        }

        // Alone, the document is the script; otherwise the shell reads it as it stands.
        var isScript = instruction.Text.StartsWith("<<", StringComparison.Ordinal) && DockerfileWords.Split(instruction.Text).Count == 1;
        return
        [
            .. _settings.Shell,
            isScript ? instruction.Documents[0].Text : $"{instruction.Text}\n{string.Concat(instruction.Documents.Select(static document => document.Source))}",
        ];
    }

    private async Task PrintAsync(Stream stream, FileDescriptor name)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        var buffer = new char[8192];
        try
        {
            while (await reader.ReadAsync(buffer.AsMemory()).ConfigureAwait(false) is var count and > 0)
            {
                _log.Add(name, new string(buffer, 0, count));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The build was given up, and the command with it.
        }
    }

    private async Task<IsolatedSandbox> OpenAsync(CancellationToken cancellationToken) =>
        _sandbox ??= await _host.CreateAsync(
            new SandboxSpec { Id = $"{_imageId}-{_count++}-{Guid.NewGuid():N}", RootFileSystem = _recipe.Base.RootFileSystem, Layers = [.. _layers] },
            cancellationToken).ConfigureAwait(false);

    /// <summary>What was written becomes the layer that the next step stands on.</summary>
    private async Task KeepAsync()
    {
        if (_sandbox is not { } sandbox)
        {
            return;
        }

        _sandbox = null;
        SandboxLayer layer;
        try
        {
            layer = await sandbox.EndIntoLayerAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (layer.IsEmpty)
        {
            layer.Release();
        }
        else
        {
            _layers.Add(layer);
        }
    }
}
