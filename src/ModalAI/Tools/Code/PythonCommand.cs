namespace ModalAI.Tools.Code;

/// <summary>Runs Python in a sandbox, under whatever name it is there.</summary>
internal static class PythonCommand
{
    private const string Script =
        """
        python=$(command -v python3 || command -v python) || { echo "There is no Python in this sandbox."; exit 127; }
        exec "$python" -c "$@"
        """;

    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ModalCommand Create(string program, params IEnumerable<string> arguments) => Create("", program, arguments);

    /// <param name="exports">What a shell does before, such as setting variables.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ModalCommand Create(string exports, string program, IEnumerable<string> arguments) =>
        ModalCommand.Create("/bin/sh", ["-c", exports + Script, "sh", program, .. arguments]);
}
