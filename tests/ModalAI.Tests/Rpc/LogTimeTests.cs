using ModalAI.Protocol;
using ModalAI.Rpc;

namespace ModalAI.Tests.Rpc;

public sealed class LogTimeTests
{
    [Theory]
    [InlineData(1_000.5, 0L, 1_000_500L)]
    [InlineData(1_000.5, 2_000_250_000_000L, 2_000_250L)]
    [InlineData(1e300, 0L, 0L)]
    [InlineData(-1.0, 0L, 0L)]
    [InlineData(double.NaN, 0L, 0L)]
    [InlineData(double.PositiveInfinity, 0L, 0L)]
    public void GetTime_OfAnyTime_IsTheTimeOrTheEpoch(double seconds, long nanoseconds, long milliseconds) =>
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), new TaskLogs { Timestamp = seconds, TimestampNs = (ulong)nanoseconds }.GetTime());

    [Fact]
    public void GetTime_OfTheLastNanosecond_IsATime() => Assert.Equal(2554, new TaskLogs { TimestampNs = ulong.MaxValue }.GetTime().Year);
}
