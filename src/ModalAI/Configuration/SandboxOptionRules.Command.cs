using System.Text;

namespace ModalAI.Configuration;

internal static partial class SandboxOptionRules
{
    /// <summary>Modal takes this many bytes of a command's arguments in all; its own SDK counts UTF-16 units, the server bytes.</summary>
    internal const int MaxCommandBytes = 65536;

    /// <summary>Checks an entrypoint's command, which may be empty. Arguments may hold what belongs in no message: none is shown.</summary>
    internal static void CheckCommand(OptionErrors errors, string option, IReadOnlyList<string> command)
    {
        if (command.Any(static argument => argument is null || argument.Contains('\0', StringComparison.Ordinal)))
        {
            errors.AddUnshown(option, "has an argument that is null or holds a NUL character, neither of which can be passed to a program");
            return;
        }

        if (command is ["", ..])
        {
            errors.AddUnshown(option, "names no program: its first argument is empty");
        }

        var bytes = command.Sum(static argument => (long)Encoding.UTF8.GetByteCount(argument));
        if (bytes > MaxCommandBytes)
        {
            errors.AddUnshown(option, $"is {bytes} bytes long, and Modal takes {MaxCommandBytes}; write a long script to a file and run that");
        }
    }

    internal static void CheckExperimentalOptions(OptionErrors errors, string option, IEnumerable<KeyValuePair<string, string>> options)
    {
        foreach (var (name, value) in options)
        {
            if (name.Length == 0)
            {
                errors.AddUnshown(option, "has an entry without a name");
            }

            // What bool.ToString() makes, and Modal does not take for a flag.
            if (value is null or "True" or "False")
            {
                errors.Add(Item(option, name), value, "it must be a text; flags are 'true' and 'false' in lower case");
            }
        }
    }
}
