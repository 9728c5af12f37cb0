namespace ModalAI.Emulator.Isolation;

/// <summary>The embedded scripts. Their text is passed to the shell, or to Perl, as an argument, so that no file has to be readable by a sandbox's user.</summary>
internal static class ScriptText
{
    public static string Base { get; } = Read("base.sh");

    public static string Freeze { get; } = Read("freeze.sh");

    public static string Holder { get; } = Read("holder.sh");

    public static string Mount { get; } = Read("mount.sh");

    /// <summary>In Perl.</summary>
    public static string MountCalls { get; } = Read("mount.pl");

    public static string Stage1 { get; } = Read("stage1.sh");

    public static string Stage2 { get; } = Read("stage2.sh");

    public static string Sockets { get; } = Read("sockets.pl");

    private static string Read(string name)
    {
        using var stream = typeof(ScriptText).Assembly.GetManifestResourceStream($"Isolation/Scripts/{name}")
            ?? throw new InvalidOperationException($"The script {name} is not embedded in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
