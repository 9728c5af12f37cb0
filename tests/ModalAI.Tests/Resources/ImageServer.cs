using System.Collections.Concurrent;
using ModalAI.Emulator;
using ModalAI.Emulator.Server;
using ModalAI.Protocol;
using ModalAI.TestSupport;
using static ModalAI.Protocol.GenericResult.Types;

namespace ModalAI.Tests.Resources;

/// <summary>
/// A control plane on a real port that keeps what it is asked for images, and whose builds a test writes. Without a script every image is there already;
/// the Nth build is image <c>im-N</c>.
/// </summary>
internal sealed class ImageServer : IAsyncDisposable
{
    public const string BuilderVersion = "2026.01";

    private RpcServer _server = null!;

    /// <summary>Answers ImageGetOrCreate without its image id.</summary>
    public Func<ImageGetOrCreateRequest, ImageGetOrCreateResponse> Build { get; set; } = static _ => Ended(GenericStatus.Success);

    /// <summary>Answers ImageJoinStreaming.</summary>
    public Func<ImageJoinStreamingRequest, RpcStreamWriter<ImageJoinStreamingResponse>, CancellationToken, Task> Join { get; set; } = static (_, _, _) => Task.CompletedTask;

    public ConcurrentQueue<ImageGetOrCreateRequest> Builds { get; } = new();

    public ConcurrentQueue<ImageJoinStreamingRequest> Joins { get; } = new();

    public ConcurrentQueue<SecretGetOrCreateRequest> Secrets { get; } = new();

    public ConcurrentQueue<EnvironmentGetOrCreateRequest> Environments { get; } = new();

    public ConcurrentQueue<object> Others { get; } = new();

    public ModalApp App { get; } = new("ap-1", "app", "production");

    public static async Task<ImageServer> StartAsync()
    {
        var images = new ImageServer();
        var service = new RpcService(ModalClientReflection.Descriptor.Services[0], static _ => { });
        images.Register(service);
        images._server = await TestServer.StartAsync(service);
        return images;
    }

    public static ImageGetOrCreateResponse Ended(GenericStatus status, string reason = "") =>
        new() { Result = new GenericResult { Status = status, Exception = reason } };

    public static ImageJoinStreamingResponse Printed(string entryId, params string[] data)
    {
        var response = new ImageJoinStreamingResponse { EntryId = entryId };
        response.TaskLogs.AddRange(data.Select(static text => new TaskLogs { Data = text, FileDescriptor = FileDescriptor.Stdout, Timestamp = 1_000 }));
        return response;
    }

    public static ImageJoinStreamingResponse JoinEnded(GenericStatus status, string reason = "") =>
        new() { Result = new GenericResult { Status = status, Exception = reason }, Eof = true };

    public ModalClient CreateClient(Action<ModalClientOptions>? configure = null) => TestClient.Create($"http://127.0.0.1:{_server.Port}", options =>
    {
        options.Environment = "main";
        configure?.Invoke(options);
    });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private void Register(RpcService service)
    {
        service.Unary<AuthTokenGetRequest, AuthTokenGetResponse>("AuthTokenGet", static (_, _) => Task.FromResult(new AuthTokenGetResponse { Token = "token" }));
        service.Unary<EnvironmentGetOrCreateRequest, EnvironmentGetOrCreateResponse>("EnvironmentGetOrCreate", (request, _) =>
        {
            Environments.Enqueue(request);
            return Task.FromResult(new EnvironmentGetOrCreateResponse
            {
                Metadata = new EnvironmentMetadata { Settings = new EnvironmentSettings { ImageBuilderVersion = BuilderVersion } },
            });
        });
        service.Unary<SecretGetOrCreateRequest, SecretGetOrCreateResponse>("SecretGetOrCreate", (request, _) =>
        {
            Secrets.Enqueue(request);
            return Task.FromResult(new SecretGetOrCreateResponse
            {
                SecretId = request.DeploymentName.Length > 0 ? $"st-{request.DeploymentName}" : $"st-of-{string.Join('-', request.EnvDict.Keys.Order(StringComparer.Ordinal))}",
            });
        });
        service.Unary<ImageGetOrCreateRequest, ImageGetOrCreateResponse>("ImageGetOrCreate", (request, _) =>
        {
            var response = Build(request);
            Builds.Enqueue(request);
            response.ImageId = $"im-{Builds.Count}";
            return Task.FromResult(response);
        });
        service.ServerStreaming<ImageJoinStreamingRequest, ImageJoinStreamingResponse>("ImageJoinStreaming", (request, writer, context) =>
        {
            Joins.Enqueue(request);
            return Join(request, writer, context.CancellationToken);
        });
        service.Unary<ImageGetByTagRequest, ImageGetByTagResponse>("ImageGetByTag", (request, _) =>
        {
            Others.Enqueue(request);
            return request.Tag.StartsWith("missing", StringComparison.Ordinal)
                ? throw RpcFailedException.NotFound("No such tag.")
                : Task.FromResult(new ImageGetByTagResponse { ImageId = "im-named" });
        });
        service.Unary<ImagePublishRequest, ImagePublishResponse>("ImagePublish", (request, _) =>
        {
            Others.Enqueue(request);
            return Task.FromResult(new ImagePublishResponse { ImageId = request.ImageId });
        });
        service.Unary<ImageDeleteRequest, Google.Protobuf.WellKnownTypes.Empty>("ImageDelete", (request, _) =>
        {
            Others.Enqueue(request);
            return request.ImageId == "im-missing"
                ? throw RpcFailedException.FailedPrecondition("Could not find image with ID im-missing.")
                : Task.FromResult(new Google.Protobuf.WellKnownTypes.Empty());
        });
    }
}
