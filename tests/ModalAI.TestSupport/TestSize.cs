namespace ModalAI.TestSupport;

/// <summary>How often a test repeats what only shows in numbers: a size that fits CI, or the full one with <c>MODALAI_TEST_SIZE=full</c>.</summary>
public static class TestSize
{
    /// <summary>Whether the full size was asked for.</summary>
    public static bool IsFull => Environment.GetEnvironmentVariable("MODALAI_TEST_SIZE") == "full";

    /// <summary>One of two sizes.</summary>
    /// <param name="ci">For CI: seconds.</param>
    /// <param name="full">For a release: minutes.</param>
    public static int Of(int ci, int full) => IsFull ? full : ci;
}
