namespace ModalAI.Configuration;

/// <summary>The configuration file of Modal's command line, <c>.modal.toml</c>: one table for each profile.</summary>
internal static class ModalProfileFile
{
    internal const string DefaultFileName = ".modal.toml";

    private const string DefaultProfile = "default";

    /// <summary>
    /// Reads the profile to use: the named one, else the first with <c>active = true</c>, else <c>default</c>, else none.
    /// </summary>
    /// <param name="environment">Where files are.</param>
    /// <param name="path">The file.</param>
    /// <param name="pathSource">What names the file; null for the default file, which need not exist.</param>
    /// <param name="profile">The profile; null to choose one.</param>
    /// <param name="profileSource">What names the profile.</param>
    /// <param name="errors">Where problems are reported.</param>
    internal static ModalProfile? Load(
        IModalEnvironment environment, string path, string? pathSource, string? profile, string? profileSource, List<string> errors)
    {
        IReadOnlyList<TomlTable> tables;
        try
        {
            if (ReadText(environment, path) is not { } text)
            {
                if (pathSource is not null)
                {
                    errors.Add(
                        $"{pathSource} is {OptionErrors.Show(path)}: the file does not exist. "
                        + "Create it with 'modal token new', or correct the path.");
                }
                else if (profile is not null)
                {
                    errors.Add(
                        $"{profileSource} is {OptionErrors.Show(profile)}: there is no such profile, because '{path}' does not exist. "
                        + "Create it with 'modal token new', or name no profile.");
                }

                return null;
            }

            tables = TomlReader.Read(text);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            errors.Add(
                $"The configuration file '{path}' cannot be read: {exception.Message.TrimEnd('.')}. "
                + "Correct it, or set ModalClientOptions.UseConfigurationFile to false.");
            return null;
        }

        var table = profile is null
            ? tables.FirstOrDefault(IsActive) ?? tables.FirstOrDefault(table => table.Name == DefaultProfile)
            : tables.FirstOrDefault(table => table.Name == profile);
        if (table is null && profile is not null)
        {
            var known = tables.Count == 0 ? "it has no profiles" : "its profiles are " + string.Join(", ", tables.Select(table => $"'{table.Name}'"));
            errors.Add($"{profileSource} is {OptionErrors.Show(profile)}: '{path}' has no such profile; {known}.");
        }

        return table is null ? null : new ModalProfile(path, table, errors);
    }

    private static bool IsActive(TomlTable table) => table.Values.GetValueOrDefault("active")?.Value is true;

    private static string? ReadText(IModalEnvironment environment, string path)
    {
        using var stream = environment.OpenRead(path);
        return stream is null ? null : BoundedText.Read(stream);
    }
}
