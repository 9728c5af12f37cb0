using Xunit;

namespace ModalAI.TestSupport;

/// <summary>Looks at how things fail.</summary>
public static class Failure
{
    /// <summary>Fails unless the work fails with a code, and says something.</summary>
    /// <returns>All that it says.</returns>
    public static async Task<string> FailsAsync(ModalErrorCode code, string text, Task work)
    {
        var exception = await Assert.ThrowsAsync<ModalException>(() => work);
        Assert.Equal(code, exception.Code);
        Assert.Contains(text, exception.Message, StringComparison.Ordinal);
        return exception.Message;
    }
}
