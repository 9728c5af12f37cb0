using System.Text;
using ModalAI.Emulator.Isolation.Native;

namespace ModalAI.Emulator.Isolation;

/// <summary>What a user can do where the kernel does not let processes be isolated.</summary>
internal static class IsolationAdvice
{
    public static string Describe(IReadOnlyList<string> attempts)
    {
        var text = new StringBuilder("This computer does not let sandboxes be isolated, so none can be created.");
        foreach (var attempt in attempts)
        {
            text.Append("\nTried ").Append(attempt);
        }

        text.Append("\nWhat helps:");
        var isRoot = Libc.EffectiveUserId() == 0;
        if (File.Exists("/.dockerenv") || File.Exists("/run/.containerenv"))
        {
            text.Append("\n- This is a container: start it with --privileged, and keep the state directory on a volume or a tmpfs.");
        }

        AddSetting(text, "kernel/unprivileged_userns_clone", "0", "1");
        AddSetting(text, "user/max_user_namespaces", "0", "65536");
        AddSetting(text, "user/max_mnt_namespaces", "0", "65536");
        AddSetting(text, "user/max_pid_namespaces", "0", "65536");
        if (!isRoot)
        {
            AddSetting(text, "kernel/apparmor_restrict_unprivileged_userns", "1", "0");
            text.Append("\n- Run the emulator as root, which needs none of the settings for plain users.");
        }

        text.Append("\n- Linux 5.11 or newer; this is ")
            .Append(Environment.OSVersion.Version).Append('.');
        return text.ToString();
    }

    private static void AddSetting(StringBuilder text, string name, string bad, string good)
    {
        var path = "/proc/sys/" + name;
        if (File.Exists(path) && File.ReadAllText(path).Trim() == bad)
        {
            text.Append("\n- sysctl -w ").Append(name.Replace('/', '.')).Append('=').Append(good).Append(" (it is ").Append(bad).Append(").");
        }
    }
}
