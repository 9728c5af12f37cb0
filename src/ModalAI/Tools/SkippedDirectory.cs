namespace ModalAI.Tools;

/// <summary>What a search leaves out: the inside of Git's own directory, unless it was asked for.</summary>
internal static class SkippedDirectory
{
    private const string Git = ".git";

    /// <summary>Name of the directories to leave out; empty for none.</summary>
    /// <param name="asked">The path and the pattern that the model gave.</param>
    public static string For(string asked) => asked.Split('/', '{', ',', '}').Contains(Git) ? "" : Git;
}
