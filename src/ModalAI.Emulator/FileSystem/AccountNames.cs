using System.Globalization;
using System.Text;

namespace ModalAI.Emulator.FileSystem;

/// <summary>
/// Names of users and groups as the sandbox's own <c>/etc/passwd</c> and <c>/etc/group</c> have them; an id without a name is shown as a number.
/// </summary>
internal sealed class AccountNames
{
    private const int MaximumBytes = 1024 * 1024;

    private readonly Dictionary<uint, string> _users;
    private readonly Dictionary<uint, string> _groups;
    private readonly SandboxRoot _root;

    /// <summary>Reads both files; call it as the sandbox's user.</summary>
    public AccountNames(SandboxRoot root)
    {
        _root = root;
        _users = Read(root, "/etc/passwd");
        _groups = Read(root, "/etc/group");
    }

    public string Owner(in FileStatus status) => Name(_users, _root.Users.ToSandbox(status.UserId));

    public string Group(in FileStatus status) => Name(_groups, _root.Groups.ToSandbox(status.GroupId));

    private static string Name(Dictionary<uint, string> names, uint id) =>
        names.TryGetValue(id, out var name) ? name : id.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<uint, string> Read(SandboxRoot root, string path)
    {
        var names = new Dictionary<uint, string>();
        try
        {
            using var handle = root.Open(new SandboxPath(path), Syscalls.PathOnly);
            var status = SandboxRoot.GetStatus(handle);
            if (status.IsRegular)
            {
                using var file = root.OpenToRead(handle, status, flags: 0);
                var buffer = new byte[(int)Math.Min(status.Size, MaximumBytes)];
                Parse(Encoding.UTF8.GetString(buffer, 0, RandomAccess.Read(file, buffer, fileOffset: 0)), names);
            }
        }
        catch (Exception exception) when (exception is FileSystemException or IOException or UnauthorizedAccessException)
        {
            // A sandbox need not have accounts, and what it has under these names is its own affair.
        }

        return names;
    }

    private static void Parse(string text, Dictionary<uint, string> names)
    {
        Span<Range> fields = stackalloc Range[4];
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Split(fields, ':') == 4 && uint.TryParse(line[fields[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                names.TryAdd(id, line[fields[0]].ToString());
            }
        }
    }
}
