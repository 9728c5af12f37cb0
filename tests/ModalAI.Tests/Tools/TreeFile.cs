namespace ModalAI.Tests.Tools;

/// <summary>A file of a <see cref="GeneratedTree"/>, and the ways that lead to it.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Directory">Where its first name is.</param>
/// <param name="Content">What it holds, and what is to become of that.</param>
/// <param name="IsLatin">Whether its name is no UTF-8, so that only a link leads to it.</param>
internal sealed record TreeFile(int Index, string Directory, GeneratedFile Content, bool IsLatin)
{
    /// <summary>Its own names, also by a directory that is a symbolic link.</summary>
    public List<string> Names { get; } = [];

    /// <summary>Symbolic links to it.</summary>
    public List<string> Links { get; } = [];

    /// <summary>One of all the ways.</summary>
    /// <param name="random">Chooses.</param>
    /// <param name="forPatch">Whether it has to fit into a line of a patch, which has no ends of lines and no blanks around it.</param>
    public string AnyPath(Random random, bool forPatch = false)
    {
        var paths = Names.Concat(Links).Where(path => !forPatch || IsForPatch(path)).ToList();
        return paths[random.Next(paths.Count)];
    }

    /// <summary>One of its own names that fits into a line of a patch; null where none does.</summary>
    public string? OwnName(Random random) => Names.Where(IsForPatch).OrderBy(_ => random.Next()).FirstOrDefault();

    private static bool IsForPatch(string path) => path.Trim() == path && !path.Contains('\n', StringComparison.Ordinal);
}
