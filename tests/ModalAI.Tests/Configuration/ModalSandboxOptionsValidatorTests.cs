using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class ModalSandboxOptionsValidatorTests
{
    private const string LongName = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnop";

    /// <summary>Breaks one rule each: what is set, and how the only message begins.</summary>
    private static readonly Dictionary<string, (Action<ModalSandboxOptions> Change, string Message)> Bad = new()
    {
        ["app name with a blank"] = (o => o.AppName = "my app", "ModalSandboxOptions.AppName is 'my app': it must be 1 to 64 letters"),
        ["app name empty"] = (o => o.AppName = "", "ModalSandboxOptions.AppName is '': it must be 1 to 64 letters"),
        ["app name missing"] = (o => o.AppName = null!, "ModalSandboxOptions.AppName is not set: it must be 1 to 64 letters"),
        ["app name too long"] = (o => o.AppName = LongName, $"ModalSandboxOptions.AppName is '{LongName}': it must be 1 to 64 letters"),
        ["app name like an id"] = (o => o.AppName = "ap-0123456789abcdefABCDEF", "ModalSandboxOptions.AppName is 'ap-0123456789abcdefABCDEF': "),
        ["app name with a line break"] = (o => o.AppName = "app\n", @"ModalSandboxOptions.AppName is 'app\u000a': "),
        ["environment like an id"] = (o => o.Environment = "EN-1", "ModalSandboxOptions.Environment is 'EN-1': it must be"),
        ["environment with a leading dash"] = (o => o.Environment = "-main", "ModalSandboxOptions.Environment is '-main': it must be"),
        ["image empty"] = (o => o.Image = "", "ModalSandboxOptions.Image is '': it must be a registry tag"),
        ["image missing"] = (o => o.Image = null!, "ModalSandboxOptions.Image is not set: it must be a registry tag"),
        ["image with a blank"] = (o => o.Image = "python 3.13", "ModalSandboxOptions.Image is 'python 3.13': it must be a registry tag"),
        ["image with a line break"] = (
            o => o.Image = "python\nRUN x",
            @"ModalSandboxOptions.Image is 'python\u000aRUN x': it must be a registry tag"),
        ["GPU count zero"] = (o => o.Gpu = "T4:0", "ModalSandboxOptions.Gpu is 'T4:0': it must be a GPU type"),
        ["GPU count no number"] = (o => o.Gpu = "T4:two", "ModalSandboxOptions.Gpu is 'T4:two': it must be a GPU type"),
        ["GPU without type"] = (o => o.Gpu = ":2", "ModalSandboxOptions.Gpu is ':2': it must be a GPU type"),
        ["CPU zero"] = (o => o.Cpu = 0, "ModalSandboxOptions.Cpu is 0: it must be a number of cores from 0.001 to 4294967"),
        ["CPU below a thousandth"] = (o => o.Cpu = 0.0005, "ModalSandboxOptions.Cpu is 0.0005: it must be"),
        ["CPU not a number"] = (o => o.Cpu = double.NaN, "ModalSandboxOptions.Cpu is NaN: it must be"),
        ["CPU infinite"] = (o => o.Cpu = double.PositiveInfinity, "ModalSandboxOptions.Cpu is Infinity: it must be"),
        ["CPU limit alone"] = (o => o.CpuLimit = 2, "ModalSandboxOptions.CpuLimit is 2: a limit needs Cpu"),
        ["CPU limit below CPU"] = (
            o => (o.Cpu, o.CpuLimit) = (2, 1.5),
            "ModalSandboxOptions.CpuLimit is 1.5: it must not be less than Cpu, which is 2"),
        ["memory zero"] = (o => o.MemoryMiB = 0, "ModalSandboxOptions.MemoryMiB is 0: it must be a number of MiB, at least 1"),
        ["memory limit alone"] = (o => o.MemoryLimitMiB = 512, "ModalSandboxOptions.MemoryLimitMiB is 512: a limit needs MemoryMiB"),
        ["memory limit below memory"] = (
            o => (o.MemoryMiB, o.MemoryLimitMiB) = (512, 256),
            "ModalSandboxOptions.MemoryLimitMiB is 256: it must not be less than MemoryMiB, which is 512"),
        ["working directory relative"] = (o => o.WorkingDirectory = "work", "ModalSandboxOptions.WorkingDirectory is 'work': it must be an absolute"),
        ["working directory empty"] = (o => o.WorkingDirectory = "", "ModalSandboxOptions.WorkingDirectory is '': it must be an absolute"),
        ["working directory with .."] = (
            o => o.WorkingDirectory = "/a/../b",
            "ModalSandboxOptions.WorkingDirectory is '/a/../b': it must be an absolute"),
        ["working directory in a volume"] = (
            o =>
            {
                o.WorkingDirectory = "/data/work";
                o.Volumes["/data"] = "customer-data";
            },
            "ModalSandboxOptions.WorkingDirectory is '/data/work': it must not be inside the volume mounted at '/data'"),
        ["working directory is a volume"] = (
            o =>
            {
                o.WorkingDirectory = "/data";
                o.Volumes["/data"] = "customer-data";
            },
            "ModalSandboxOptions.WorkingDirectory is '/data': it must not be inside the volume mounted at '/data'"),
        ["mount path relative"] = (o => o.Volumes["data"] = "v", "ModalSandboxOptions.Volumes mounts a volume at 'data': it must be an absolute"),
        ["mount path with a slash at the end"] = (
            o => o.Volumes["/data/"] = "v", "ModalSandboxOptions.Volumes mounts a volume at '/data/': it must be an absolute"),
        ["mount path root"] = (o => o.Volumes["/"] = "v", "ModalSandboxOptions.Volumes mounts a volume at '/': "),
        ["mount path /root"] = (o => o.Volumes["/root"] = "v", "ModalSandboxOptions.Volumes mounts a volume at '/root': "),
        ["mount path /tmp"] = (o => o.Volumes["/tmp"] = "v", "ModalSandboxOptions.Volumes mounts a volume at '/tmp': "),
        ["volume name"] = (o => o.Volumes["/data"] = "a b", "ModalSandboxOptions.Volumes['/data'].Name is 'a b': it must be 1 to 64 letters"),
        ["volume missing"] = (o => o.Volumes["/data"] = null!, "ModalSandboxOptions.Volumes['/data'] is not set: it must be the name of a volume"),
        ["volume name missing"] = (o => o.Volumes["/data"] = (string)null!, "ModalSandboxOptions.Volumes['/data'].Name is not set: "),
        ["volume sub path absolute"] = (
            o => o.Volumes["/data"] = new() { Name = "v", SubPath = "/x" },
            "ModalSandboxOptions.Volumes['/data'].SubPath is '/x': it must be a folder inside"),
        ["volume sub path with .."] = (
            o => o.Volumes["/data"] = new() { Name = "v", SubPath = "x/../.." }, "ModalSandboxOptions.Volumes['/data'].SubPath is 'x/../..': "),
        ["volume mounted twice"] = (
            o =>
            {
                o.Volumes["/a"] = "v";
                o.Volumes["/b"] = "v";
            },
            "ModalSandboxOptions.Volumes['/b'] is 'v': the volume is already mounted at '/a'"),
        ["secret blank"] = (o => o.Secrets.Add(" "), "ModalSandboxOptions.Secrets[0] is ' ': it must be the name of a secret"),
        ["secret missing"] = (o => o.Secrets.Add(null!), "ModalSandboxOptions.Secrets[0] is not set: it must be the name of a secret"),
        ["secret twice"] = (
            o =>
            {
                o.Secrets.Add("db");
                o.Secrets.Add("db");
            },
            "ModalSandboxOptions.Secrets[1] is 'db': the secret is already in the list"),
        ["initial file relative"] = (
            o => o.InitialFiles["a.py"] = "1",
            "ModalSandboxOptions.InitialFiles has a file at 'a.py': it must be an absolute"),
        ["initial file like a folder"] = (o => o.InitialFiles["/app/"] = "1", "ModalSandboxOptions.InitialFiles has a file at '/app/': "),
        ["initial file is the root"] = (o => o.InitialFiles["/"] = "1", "ModalSandboxOptions.InitialFiles has a file at '/': "),
        ["initial file with .."] = (o => o.InitialFiles["/app/../etc/x"] = "1", "ModalSandboxOptions.InitialFiles has a file at '/app/../etc/x': "),
        ["initial file and folder"] = (
            o =>
            {
                o.InitialFiles["/app/a"] = "1";
                o.InitialFiles["/app/a/b/c"] = "1";
            },
            "ModalSandboxOptions.InitialFiles has a file at '/app/a/b/c': '/app/a' is an initial file too"),
        ["initial file at a volume"] = (
            o =>
            {
                o.InitialFiles["/data"] = "1";
                o.Volumes["/data"] = "v";
            },
            "ModalSandboxOptions.InitialFiles has a file at '/data': a volume is mounted there"),
        ["initial file without content"] = (
            o => o.InitialFiles["/a"] = new ModalFileContent(), "ModalSandboxOptions.InitialFiles['/a'] has 0 contents: exactly one of"),
        ["initial file with two contents"] = (
            o => o.InitialFiles["/a"] = new() { Text = "x", Base64 = "eA==" },
            "ModalSandboxOptions.InitialFiles['/a'] has 2 contents: exactly one of"),
        ["initial file with bad base64"] = (
            o => o.InitialFiles["/a"] = new() { Base64 = "&&" }, "ModalSandboxOptions.InitialFiles['/a'].Base64 is malformed: it must be base64"),
        ["initial file whose content file is missing"] = (
            o => o.InitialFiles["/a"] = new() { ContentFile = "no/such/file" },
            "ModalSandboxOptions.InitialFiles['/a'].ContentFile is 'no/such/file': there is no such file"),
        ["initial files too large"] = (
            o =>
            {
                o.InitialFiles["/a"] = new byte[40 * 1024 * 1024];
                o.InitialFiles["/b"] = new byte[(24 * 1024 * 1024) + 1];
            },
            "ModalSandboxOptions.InitialFiles holds 67108865 bytes: all initial files together hold at most 67108864 bytes"),
        ["variable name with a dash"] = (o => o.EnvironmentVariables["A-B"] = "x", "ModalSandboxOptions.EnvironmentVariables has 'A-B': the name"),
        ["variable name with a digit first"] = (
            o => o.EnvironmentVariables["1A"] = "x",
            "ModalSandboxOptions.EnvironmentVariables has '1A': the name"),
        ["variable name empty"] = (o => o.EnvironmentVariables[""] = "x", "ModalSandboxOptions.EnvironmentVariables has '': the name"),
        ["variable name with a line break"] = (
            o => o.EnvironmentVariables["A\n"] = "x",
            @"ModalSandboxOptions.EnvironmentVariables has 'A\u000a': the name"),
        ["variable value with NUL"] = (
            o => o.EnvironmentVariables["A"] = "x\0", "ModalSandboxOptions.EnvironmentVariables['A'] has a value with a NUL character"),
        ["variable value missing"] = (
            o => o.EnvironmentVariables["A"] = null!, "ModalSandboxOptions.EnvironmentVariables['A'] is not set: a variable needs a value"),
        ["blocked with CIDRs"] = (
            o => (o.BlockNetwork, o.OutboundCidrAllowlist) = (true, []),
            "ModalSandboxOptions.BlockNetwork is true: it cannot be combined with OutboundCidrAllowlist"),
        ["blocked with domains"] = (
            o => (o.BlockNetwork, o.OutboundDomainAllowlist) = (true, ["pypi.org"]),
            "ModalSandboxOptions.BlockNetwork is true: it cannot be combined with OutboundDomainAllowlist"),
        ["blocked with encrypted ports"] = (
            o =>
            {
                o.BlockNetwork = true;
                o.EncryptedPorts.Add(80);
            },
            "ModalSandboxOptions.BlockNetwork is true: it cannot be combined with EncryptedPorts"),
        ["blocked with HTTP/2 ports"] = (
            o =>
            {
                o.BlockNetwork = true;
                o.H2Ports.Add(80);
            },
            "ModalSandboxOptions.BlockNetwork is true: it cannot be combined with H2Ports"),
        ["blocked with unencrypted ports"] = (
            o =>
            {
                o.BlockNetwork = true;
                o.UnencryptedPorts.Add(80);
            },
            "ModalSandboxOptions.BlockNetwork is true: it cannot be combined with UnencryptedPorts"),
        ["CIDR no network"] = (
            o => o.OutboundCidrAllowlist = ["everything"],
            "ModalSandboxOptions.OutboundCidrAllowlist[0] is 'everything': it must be"),
        ["CIDR without prefix"] = (
            o => o.OutboundCidrAllowlist = ["1.2.3.4"],
            "ModalSandboxOptions.OutboundCidrAllowlist[0] is '1.2.3.4': it must be"),
        ["CIDR prefix too long"] = (
            o => o.OutboundCidrAllowlist = ["1.2.3.4/32", "1.2.3.4/33"], "ModalSandboxOptions.OutboundCidrAllowlist[1] is '1.2.3.4/33': it must be"),
        ["CIDR with host bits"] = (
            o => o.OutboundCidrAllowlist = ["10.0.0.1/8"],
            "ModalSandboxOptions.OutboundCidrAllowlist[0] is '10.0.0.1/8': it must be"),
        ["CIDR IPv6"] = (
            o => o.OutboundCidrAllowlist = ["2001:db8::/32"],
            "ModalSandboxOptions.OutboundCidrAllowlist[0] is '2001:db8::/32': it must be"),
        ["CIDR short"] = (o => o.OutboundCidrAllowlist = ["10/8"], "ModalSandboxOptions.OutboundCidrAllowlist[0] is '10/8': it must be"),
        ["CIDR octal"] = (
            o => o.OutboundCidrAllowlist = ["010.0.0.0/8"],
            "ModalSandboxOptions.OutboundCidrAllowlist[0] is '010.0.0.0/8': it must be"),
        ["CIDR missing"] = (o => o.OutboundCidrAllowlist = [null!], "ModalSandboxOptions.OutboundCidrAllowlist[0] is not set: it must be"),
        ["domain with scheme"] = (
            o => o.OutboundDomainAllowlist = ["https://pypi.org"],
            "ModalSandboxOptions.OutboundDomainAllowlist[0] is 'https://pypi.org': it must be a host"),
        ["domain with port"] = (
            o => o.OutboundDomainAllowlist = ["pypi.org:443"],
            "ModalSandboxOptions.OutboundDomainAllowlist[0] is 'pypi.org:443': "),
        ["domain with path"] = (
            o => o.OutboundDomainAllowlist = ["pypi.org/simple"],
            "ModalSandboxOptions.OutboundDomainAllowlist[0] is 'pypi.org/simple': "),
        ["domain with an inner star"] = (
            o => o.OutboundDomainAllowlist = ["a.*.org"],
            "ModalSandboxOptions.OutboundDomainAllowlist[0] is 'a.*.org': "),
        ["domain only a star"] = (o => o.OutboundDomainAllowlist = ["*."], "ModalSandboxOptions.OutboundDomainAllowlist[0] is '*.': "),
        ["domain an address"] = (o => o.OutboundDomainAllowlist = ["1.2.3.4"], "ModalSandboxOptions.OutboundDomainAllowlist[0] is '1.2.3.4': "),
        ["domain empty"] = (o => o.OutboundDomainAllowlist = [""], "ModalSandboxOptions.OutboundDomainAllowlist[0] is '': "),
        ["domain not ASCII"] = (
            o => o.OutboundDomainAllowlist = ["bücher.example"],
            "ModalSandboxOptions.OutboundDomainAllowlist[0] is 'bücher.example': "),
        ["port zero"] = (o => o.EncryptedPorts.Add(0), "ModalSandboxOptions.EncryptedPorts[0] is 0: it must be a port from 1 to 65535"),
        ["port too high"] = (
            o => o.UnencryptedPorts.Add(65536),
            "ModalSandboxOptions.UnencryptedPorts[0] is 65536: it must be a port from 1 to 65535"),
        ["port in two lists"] = (
            o =>
            {
                o.EncryptedPorts.Add(8080);
                o.H2Ports.Add(8080);
            },
            "ModalSandboxOptions.H2Ports[0] is 8080: the port is already in EncryptedPorts"),
        ["port twice in a list"] = (
            o =>
            {
                o.H2Ports.Add(1);
                o.H2Ports.Add(1);
            },
            "ModalSandboxOptions.H2Ports[1] is 1: the port is already in H2Ports"),
        ["tag name with a blank"] = (o => o.Tags["my team"] = "a", "ModalSandboxOptions.Tags has a tag named 'my team': it must be 1 to 63 letters"),
        ["tag value empty"] = (o => o.Tags["team"] = "", "ModalSandboxOptions.Tags['team'] is '': it must be 1 to 63 letters"),
        ["tag value too long"] = (o => o.Tags["team"] = new string('a', 64), "ModalSandboxOptions.Tags['team'] is 'aaaa"),
        ["life time too short"] = (
            o => o.Timeout = TimeSpan.FromSeconds(0.9),
            "ModalSandboxOptions.Timeout is 00:00:00.9000000: it must be from 1 second"),
        ["life time too long"] = (o => o.Timeout = TimeSpan.FromHours(25), "ModalSandboxOptions.Timeout is 1.01:00:00: it must be from 1 second"),
        ["idle time too short"] = (o => o.IdleTimeout = TimeSpan.Zero, "ModalSandboxOptions.IdleTimeout is 00:00:00: it must be at least 1 second"),
        ["idle time longer than life time"] = (
            o => o.IdleTimeout = TimeSpan.FromMinutes(6),
            "ModalSandboxOptions.IdleTimeout is 00:06:00: it must not be longer than Timeout, which is 00:05:00"),
        ["command timeout zero"] = (o => o.CommandTimeout = TimeSpan.Zero, "ModalSandboxOptions.CommandTimeout is 00:00:00: it must be more than 0"),
        ["command timeout infinite"] = (
            o => o.CommandTimeout = Timeout.InfiniteTimeSpan, "ModalSandboxOptions.CommandTimeout is -00:00:00.0010000: it must be more than 0"),
        ["command timeout longer than life time"] = (
            o => o.CommandTimeout = TimeSpan.FromMinutes(6),
            "ModalSandboxOptions.CommandTimeout is 00:06:00: it must not be longer than Timeout, which is 00:05:00"),
        ["region blank"] = (o => o.Regions.Add(""), "ModalSandboxOptions.Regions[0] is '': it must be the name of a region"),
        ["cloud blank"] = (o => o.Cloud = " ", "ModalSandboxOptions.Cloud is ' ': it must be the name of a cloud"),
        ["mode undefined"] = (o => o.Mode = (ModalSandboxMode)7, "ModalSandboxOptions.Mode is 7: it must be NewPerInvocation or ReuseExisting"),
        ["name with new sandboxes"] = (o => o.Name = "worker", "ModalSandboxOptions.Name is 'worker': with NewPerInvocation a second invocation"),
        ["id with new sandboxes"] = (o => o.SandboxId = "sb-1", "ModalSandboxOptions.SandboxId is 'sb-1': with NewPerInvocation no existing"),
        ["reuse of nothing"] = (
            o => o.Mode = ModalSandboxMode.ReuseExisting,
            "ModalSandboxOptions.Mode is ReuseExisting: it needs either Name, to find or create a sandbox"),
        ["reuse by name and id"] = (
            o => (o.Mode, o.Name, o.SandboxId) = (ModalSandboxMode.ReuseExisting, "worker", "sb-1"),
            "ModalSandboxOptions.Mode is ReuseExisting: it needs either"),
        ["reuse by a bad name"] = (
            o => (o.Mode, o.Name) = (ModalSandboxMode.ReuseExisting, "a/b"), "ModalSandboxOptions.Name is 'a/b': it must be 1 to 64 letters"),
        ["reuse by a blank id"] = (
            o => (o.Mode, o.SandboxId) = (ModalSandboxMode.ReuseExisting, "sb 1"),
            "ModalSandboxOptions.SandboxId is 'sb 1': it must be the id of a sandbox"),
        ["reuse by id with a command timeout over a day"] = (
            o => (o.Mode, o.SandboxId, o.CommandTimeout) = (ModalSandboxMode.ReuseExisting, "sb-1", TimeSpan.FromHours(25)),
            "ModalSandboxOptions.CommandTimeout is 1.01:00:00: it must not be longer than 1.00:00:00"),
    };

    private static readonly Dictionary<string, Action<ModalSandboxOptions>> Good = new()
    {
        ["defaults"] = _ => { },
        ["names"] = o => (o.AppName, o.Environment, o.Image) = ("My-app_1.2", "main.dev-1", "im-0123"),
        ["longest app name"] = o => o.AppName = LongName[..64],
        ["app name nearly an id"] = o => o.AppName = "ap-0123",
        ["image of a registry"] = o => o.Image = "ghcr.io/acme/tools@sha256:0123",
        ["empty stands for none"] = o => (o.Environment, o.Gpu) = ("", ""),
        ["GPU with count"] = o => o.Gpu = "A100-80GB:8",
        ["resources"] = o => (o.Cpu, o.CpuLimit, o.MemoryMiB, o.MemoryLimitMiB) = (0.125, 0.125, 128, 256),
        ["working directory is the root"] = o => o.WorkingDirectory = "/",
        ["working directory beside a volume"] = o =>
        {
            o.WorkingDirectory = "/data2";
            o.Volumes["/data"] = "v";
        },
        ["volumes"] = o =>
        {
            o.Volumes["/data"] = "customer-data";
            o.Volumes["/tmp/cache"] = new() { Name = "cache", ReadOnly = true, CreateIfMissing = true, SubPath = "a/b" };
            o.Volumes["/cache2"] = new() { Name = "cache", SubPath = "c" };
        },
        ["secrets"] = o => o.Secrets.Add("warehouse credentials"),
        ["initial files"] = o =>
        {
            o.InitialFiles["/app/main.py"] = "print('hello')";
            o.InitialFiles["/app/main.pyc"] = new byte[] { 1 };
            o.InitialFiles["/app/empty"] = ReadOnlyMemory<byte>.Empty;
            o.InitialFiles["/data/seed"] = new() { Base64 = "eA==" };
            o.InitialFiles["/app/self"] = new() { ContentFile = typeof(ModalSandboxOptions).Assembly.Location };
            o.Volumes["/data"] = "v";
        },
        ["initial files just small enough"] = o => o.InitialFiles["/a"] = new byte[64 * 1024 * 1024],
        ["variables"] = o => o.EnvironmentVariables["_PATH2"] = "",
        ["blocked network"] = o => o.BlockNetwork = true,
        ["nothing is reachable"] = o => (o.OutboundCidrAllowlist, o.OutboundDomainAllowlist) = ([], []),
        ["allowlists"] = o =>
            (o.OutboundCidrAllowlist, o.OutboundDomainAllowlist) = (["0.0.0.0/0", "203.0.113.7/32"], ["pypi.org", "*.pythonhosted.org", "localhost"]),
        ["ports"] = o =>
        {
            o.EncryptedPorts.Add(1);
            o.H2Ports.Add(8080);
            o.UnencryptedPorts.Add(65535);
        },
        ["tags"] = o => o.Tags["team.name_1"] = new string('a', 63),
        ["shortest times"] = o =>
            (o.Timeout, o.IdleTimeout, o.CommandTimeout) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromTicks(1)),
        ["longest times"] = o => (o.Timeout, o.IdleTimeout, o.CommandTimeout) = (TimeSpan.FromDays(1), TimeSpan.FromDays(1), TimeSpan.FromDays(1)),
        ["fractions of seconds"] = o => (o.Timeout, o.CommandTimeout) = (TimeSpan.FromSeconds(90.5), TimeSpan.FromSeconds(0.4)),
        ["life time shorter than the default command timeout"] = o => o.Timeout = TimeSpan.FromMinutes(1),
        ["placement"] = o =>
        {
            o.Regions.Add("us-east");
            o.Cloud = "aws";
        },
        ["reuse by name"] = o => (o.Mode, o.Name, o.Gpu) = (ModalSandboxMode.ReuseExisting, "worker", "T4"),
        ["reuse by id"] = o => (o.Mode, o.SandboxId, o.CommandTimeout) = (ModalSandboxMode.ReuseExisting, "sb-1", TimeSpan.FromHours(1)),
    };

    public static TheoryData<string> BadCases => [.. Bad.Keys];

    public static TheoryData<string> GoodCases => [.. Good.Keys];

    [Theory]
    [MemberData(nameof(BadCases))]
    public void Validate_BrokenRule_NamesOptionAndValue(string name)
    {
        var options = new ModalSandboxOptions();
        Bad[name].Change(options);

        var message = Assert.Single(Failures(options));

        Assert.StartsWith(Bad[name].Message, message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(GoodCases))]
    public void Validate_KeptRules_Succeeds(string name)
    {
        var options = new ModalSandboxOptions();
        Good[name](options);

        Assert.Empty(Failures(options));
    }

    [Fact]
    public void Validate_SeveralProblems_ReportsAllWithTheRegistration()
    {
        var options = new ModalSandboxOptions { Image = "", Gpu = "T4:0", Cpu = -1, WorkingDirectory = "x", Timeout = TimeSpan.Zero };
        options.Secrets.Add("");
        options.BindingErrors.Add("Configuration key 'X:Imagee' is not known: did you mean 'Image'?");

        var failures = Failures(options, "gpu");

        Assert.Equal(7, failures.Count);
        Assert.All(failures, failure => Assert.StartsWith("Registration 'gpu': ", failure, StringComparison.Ordinal));
        Assert.Contains(failures, failure => failure.Contains("'X:Imagee'", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_ReuseByIdWithOptionsForCreating_NamesEachOfThem()
    {
        var options = new ModalSandboxOptions
        {
            Mode = ModalSandboxMode.ReuseExisting,
            SandboxId = "sb-1",
            AppName = "app",
            CreateAppIfMissing = false,
            Environment = "main",
            Image = "alpine",
            WorkingDirectory = "/work",
            Gpu = "T4",
            Cpu = 1,
            CpuLimit = 1,
            MemoryMiB = 1,
            MemoryLimitMiB = 1,
            OutboundCidrAllowlist = [],
            OutboundDomainAllowlist = [],
            Timeout = TimeSpan.FromMinutes(6),
            IdleTimeout = TimeSpan.FromMinutes(1),
            Cloud = "aws",
            Verbose = true,
            Prewarm = true,
            OnStart = (_, _) => Task.CompletedTask,
            WhenConfigurationDiffers = ModalConfigurationDrift.Replace,
        };
        options.SetupCommands.Add("true");
        options.Volumes["/data"] = "v";
        options.CloudBucketMounts["/bucket"] = "b";
        options.Secrets.Add("s");
        options.InitialFiles["/a"] = "x";
        options.EnvironmentVariables["A"] = "x";
        options.Tags["a"] = "b";
        options.Regions.Add("us");
        options.EncryptedPorts.Add(1);
        options.H2Ports.Add(2);
        options.UnencryptedPorts.Add(3);

        var failures = Failures(options);

        // Everything but the options that a found sandbox or a fork of it heeds, and BlockNetwork and the pool's, which would break rules of their own here.
        string[] others =
        [
            "Mode", "SandboxId", "Name", "CommandTimeout", "BlockNetwork", "PoolSize", "PoolMaxAge", "Owner", "LeaseDuration", "SweepInterval", "MaxSandboxes", "AcquireTimeout",
            "CreatesPerSecond", "SetupTimeout", "HookTimeout", "OnStop", "OnDestroy", "MaxReplacementsPerHour", "SnapshotLifetime", "Tools",
        ];
        var expected = typeof(ModalSandboxOptions).GetProperties().Select(property => property.Name).Except(others).Order();
        var actual = failures.Select(failure => failure.Split(' ')[0].Replace("ModalSandboxOptions.", "", StringComparison.Ordinal)).Order();
        Assert.Equal(expected, actual);
        Assert.All(failures, failure => Assert.Contains("has no effect with SandboxId", failure, StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_ReuseByIdWithBlockedNetwork_NamesIt()
    {
        var options = new ModalSandboxOptions { Mode = ModalSandboxMode.ReuseExisting, SandboxId = "sb-1", BlockNetwork = true };

        Assert.StartsWith(
            "ModalSandboxOptions.BlockNetwork has no effect with SandboxId", Assert.Single(Failures(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_ValuesOfVariablesAndFiles_AreInNoMessage()
    {
        const string Secret = "hunter2";
        var options = new ModalSandboxOptions();
        options.EnvironmentVariables["BAD-NAME"] = Secret;
        options.EnvironmentVariables["NUL"] = Secret + "\0";
        options.InitialFiles["relative"] = Secret;
        options.InitialFiles["/two"] = new() { Text = Secret, Base64 = Secret };
        options.InitialFiles["/malformed"] = new() { Base64 = Secret + "!" };

        var failures = Failures(options);

        Assert.Equal(5, failures.Count);
        Assert.All(failures, failure => Assert.DoesNotContain(Secret, failure, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(60, 120, null, 60)]
    [InlineData(300, 120, null, 120)]
    [InlineData(60, 120, "sb-1", 120)]
    public void EffectiveCommandTimeout_Default_EndsWithTheSandbox(int lifeTime, int command, string? id, int expected)
    {
        var options = new ModalSandboxOptions
        {
            Timeout = TimeSpan.FromSeconds(lifeTime),
            CommandTimeout = TimeSpan.FromSeconds(command),
            SandboxId = id,
        };

        Assert.Equal(TimeSpan.FromSeconds(expected), options.EffectiveCommandTimeout);
    }

    private static List<string> Failures(ModalSandboxOptions options, string name = "") =>
        [.. new ModalSandboxOptionsValidator().Validate(name, options).Failures ?? []];
}
