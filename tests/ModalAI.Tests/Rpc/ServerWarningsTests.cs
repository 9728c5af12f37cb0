using System.Globalization;
using Grpc.Core;
using ModalAI.Rpc;

namespace ModalAI.Tests.Rpc;

public sealed class ServerWarningsTests
{
    [Fact]
    public void Read_OneTextManyTimes_LogsItOnce()
    {
        using var logs = new CollectedLogs();
        var warnings = new ServerWarnings(logs);

        for (var i = 0; i < 10; i++)
        {
            warnings.Read(new Metadata { { "x-modal-warning", "old%2C%20client, other" } });
        }

        Assert.Equal(["Modal warns: old, client", "Modal warns: other"], logs.OfEvent("ServerWarning"));
    }

    [Fact]
    public void Read_MoreTextsThanAreRemembered_StaysBoundedAndLogsAnew()
    {
        using var logs = new CollectedLogs();
        var warnings = new ServerWarnings(logs);

        for (var i = 0; i < 5_000; i++)
        {
            warnings.Read(new Metadata { { "x-modal-warning", i.ToString(CultureInfo.InvariantCulture) } });
        }

        warnings.Read(new Metadata { { "x-modal-warning", "0" } });

        // Remembered for ever, the first would not be said again.
        Assert.Equal(5_001, logs.OfEvent("ServerWarning").Count());
    }
}
