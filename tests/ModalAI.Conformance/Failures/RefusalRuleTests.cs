using ModalAI.Conformance.Support;
using Xunit;

namespace ModalAI.Conformance.Failures;

/// <summary>What Modal's SDK refuses is refused here too, before anything is sent, and the message names it.</summary>
public sealed class RefusalRuleTests(FailureStage stage) : IClassFixture<FailureStage>
{
    [SkippableTheory]
    [InlineData("a GPU count of zero", "Error", "T4:0")]
    [InlineData("a GPU count that is no number", "Error", "T4:many")]
    [InlineData("a name with blanks", "InvalidError", "no blanks please")]
    [InlineData("a name that is too long", "InvalidError", "64")]
    [InlineData("a name that is an app's id", "InvalidError", "ap-0123456789abcdefABCDEF")]
    [InlineData("a variable that starts with a digit", "InvalidError", "1A")]
    [InlineData("a variable with a hyphen", "InvalidError", "A-B")]
    [InlineData("a secret with a bad key", "InvalidError", "A-B")]
    [InlineData("a lifetime of zero", "Error", "Timeout")]
    [InlineData("a negative lifetime", "Error", "Timeout")]
    [InlineData("an idle limit of zero", "Error", "IdleTimeout")]
    [InlineData("no CPU", "Error", "Cpu")]
    [InlineData("a CPU limit alone", "Error", "CpuLimit")]
    [InlineData("a CPU limit below the reservation", "Error", "CpuLimit")]
    [InlineData("no memory", "Error", "MemoryMiB")]
    [InlineData("a memory limit alone", "Error", "MemoryLimitMiB")]
    [InlineData("a memory limit below the reservation", "Error", "MemoryLimitMiB")]
    [InlineData("a relative working directory", "Error", "'tmp'")]
    [InlineData("a blocked network with ranges", "InvalidError", "BlockNetwork")]
    [InlineData("a blocked network with domains", "InvalidError", "BlockNetwork")]
    [InlineData("a range that is none", "ClientError", "10.0.0.0/99")]
    [InlineData("a command that is too long", "InvalidError", "65536")]
    [InlineData("a relative working directory of a command", "InvalidError", "'tmp'")]
    [InlineData("an empty working directory of a command", "InvalidError", "''")]
    [InlineData("a variable of a command with a hyphen", "InvalidError", "A-B")]
    [InlineData("a negative limit of a command", "Error", "-00:00:01")]
    [InlineData("a layer that copies local files", "InvalidError", "COPY")]
    [InlineData("an image name without a name", "InvalidError", "team/")]
    [InlineData("an image name that is an id", "InvalidError", "im-0123456789abcdefABCDEF")]
    [InlineData("an image name with two environments", "InvalidError", "team/base")]
    [InlineData("the publication of an image that is not built", "InvalidError", "BuildAsync")]
    [InlineData("a relative path to read", "InvalidError", "etc/hostname")]
    [InlineData("a relative path to write", "InvalidError", "tmp/x")]
    [InlineData("a relative path to list", "InvalidError", "'tmp'")]
    public async Task Request_ThatTheSdkRefuses_IsRefusedHereByName(string action, string sdkError, string named)
    {
        Assert.Contains(action, RefusedAction.All.Keys);
        foreach (var backend in (Backend[])[Backend.V2, Backend.V1])
        {
            var theirs = await stage.SdkAsync(action, backend, null);
            var ours = await stage.OursAsync(RefusedAction.All[action], backend, null);

            Json.FailsWith(sdkError, theirs);
            Assert.True(ours is ArgumentException or ModalException { Code: ModalErrorCode.InvalidArgument }, $"{action}: {ours}");
            Assert.Contains(named, ours.Message, StringComparison.Ordinal);
        }
    }
}
