using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace ModalAI.Protocol.Tests;

/// <summary>What protoc generated works with the protobuf runtime in use, which is older than the generator.</summary>
public sealed class GeneratedCodeTests
{
    public static TheoryData<string> Services => [.. AllServices.Select(service => service.FullName)];

    private static IEnumerable<ServiceDescriptor> AllServices =>
        [ModalClientReflection.Descriptor.Services.Single(), TaskCommandRouterReflection.Descriptor.Services.Single()];

    [Fact]
    public void Descriptors_Loaded_HaveTheirWireNames()
    {
        Assert.Equal(["modal.client.ModalClient", "modal.task_command_router.TaskCommandRouter"], AllServices.Select(service => service.FullName));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Messages_EachEmpty_RoundTrip(string service)
    {
        var methods = AllServices.Single(s => s.FullName == service).Methods;
        Assert.All(methods.SelectMany(method => new[] { method.InputType, method.OutputType }), type =>
        {
            var bytes = type.Parser.ParseFrom([]).ToByteArray();
            Assert.Empty(bytes);
            Assert.Equal(type.FullName, type.Parser.ParseFrom(bytes).Descriptor.FullName);
        });
    }

    [Fact]
    public void Message_WithNestedFieldsMapsAndOptionals_RoundTrips()
    {
        var request = new TaskExecStartRequest
        {
            TaskId = "ta-1",
            ExecId = "ex-1",
            CommandArgs = { "sh", "-c", "exit 3" },
            StdoutConfig = TaskExecStdoutConfig.Pipe,
            TimeoutSecs = 0,
            Env = { ["PATH"] = "/bin", ["LANG"] = "C.UTF-8" },
        };

        var read = TaskExecStartRequest.Parser.ParseFrom(request.ToByteArray());

        Assert.Equal(request, read);
        Assert.True(read.HasTimeoutSecs);
        Assert.False(read.HasWorkdir);
    }

    [Fact]
    public void Message_UnknownField_IsKept()
    {
        byte[] bytes = [8, 3, 0xf8, 0x07, 1];

        var response = TaskExecPollResponse.Parser.ParseFrom(bytes);

        Assert.Equal(3, response.Code);
        Assert.Equal(bytes, response.ToByteArray());
    }

    [Theory]
    [InlineData(typeof(ModalClient.ModalClientClient), "modal.client.ModalClient")]
    [InlineData(typeof(TaskCommandRouter.TaskCommandRouterClient), "modal.task_command_router.TaskCommandRouter")]
    public void Stub_EachMethod_IsInTheServiceAndTheOtherWayRound(Type stub, string service)
    {
        var declared = AllServices.Single(s => s.FullName == service).Methods.Select(method => method.IsServerStreaming || method.IsClientStreaming
            ? method.Name
            : method.Name + "Async");

        var stubbed = stub.GetMethods()
            .Where(method => method.DeclaringType == stub && method.ReturnType.IsGenericType)
            .Select(method => method.Name)
            .Distinct();

        Assert.Equal(declared.Order(), stubbed.Order());
    }
}
