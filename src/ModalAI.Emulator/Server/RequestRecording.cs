using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;

namespace ModalAI.Emulator.Server;

/// <summary>A request that is being recorded.</summary>
internal sealed class RequestRecording
{
    private readonly ModalEmulatorRecorder _recorder;
    private readonly ModalEmulatorRequest _request;

    private RequestRecording(ModalEmulatorRecorder recorder, ModalEmulatorRequest request)
    {
        _recorder = recorder;
        _request = request;
    }

    public static RequestRecording Start(ModalEmulatorRecorder recorder, IHttpRequestFeature request)
    {
        var parts = request.Path.Split('/');
        return new RequestRecording(recorder, recorder.Start(parts.Length == 3 ? parts[1] : "", parts[^1], request.Headers));
    }

    public void Add(IMessage message) => _recorder.Add(_request, message);
}
