using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class ModalClientOptionsValidatorTests
{
    private const string Secret = "as-hunter2";

    private static readonly Dictionary<string, (Action<ModalClientOptions> Change, string Message)> Bad = new()
    {
        ["address no URL"] = (o => o.ServerUrl = "foo", "ModalClientOptions.ServerUrl is 'foo': it must be http:// or https://"),
        ["address without scheme"] = (o => o.ServerUrl = "localhost:50051", "ModalClientOptions.ServerUrl is 'localhost:50051': "),
        ["address of another scheme"] = (o => o.ServerUrl = "ftp://api.modal.com", "ModalClientOptions.ServerUrl is 'ftp://api.modal.com': "),
        ["address with a path"] = (o => o.ServerUrl = "https://h/x", "ModalClientOptions.ServerUrl is 'https://h/x': "),
        ["address with a query"] = (o => o.ServerUrl = "https://h?key=as-hunter2", "ModalClientOptions.ServerUrl is 'https://h...': "),
        ["address with a fragment"] = (o => o.ServerUrl = "https://h/#as-hunter2", "ModalClientOptions.ServerUrl is 'https://h/...': "),
        ["address with a user"] = (o => o.ServerUrl = "https://me:as-hunter2@h", "ModalClientOptions.ServerUrl is 'https://...@h': "),
        ["address with a blank"] = (o => o.ServerUrl = " https://h", "ModalClientOptions.ServerUrl is ' https://h': "),
        ["several addresses"] = (o => o.ServerUrl = "https://a,https://b", "ModalClientOptions.ServerUrl is 'https://a,https://b': "),
        ["id missing"] = (o => o.TokenId = null, "ModalClientOptions.TokenId is not set, but TokenSecret is: "),
        ["secret missing"] = (o => o.TokenSecret = "", "ModalClientOptions.TokenSecret is not set, but TokenId is: "),
        ["both missing"] = (o => (o.TokenId, o.TokenSecret) = (null, null), "There are no credentials for Modal. Set ModalClientOptions.TokenId"),
        ["id that is a secret"] = (o => o.TokenId = Secret, "ModalClientOptions.TokenId starts with 'as-', as token secrets do"),
        ["secret with a line break"] = (o => o.TokenSecret = Secret + "\n", "ModalClientOptions.TokenSecret has a blank, a line break"),
        ["id with a blank"] = (o => o.TokenId = "ak 1", "ModalClientOptions.TokenId has a blank, a line break"),
        ["token and OAuth"] = (o => (SetOAuth(o).TokenId, o.TokenSecret) = ("ak-1", Secret), "There are both a Modal token and OAuth credentials"),
        ["OAuth without client id"] = (o => SetOAuth(o).OAuthClientId = null, "OAuth credentials are incomplete or too many"),
        ["OAuth without refresh token"] = (o => SetOAuth(o).OAuthRefreshToken = "", "OAuth credentials are incomplete or too many"),
        ["OAuth without secret and key"] = (o => SetOAuth(o).OAuthClientSecret = null, "OAuth credentials are incomplete or too many"),
        ["OAuth with secret and key"] = (o => SetOAuth(o).OAuthJwtKey = Key(2048), "OAuth credentials are incomplete or too many"),
        ["refresh token with a blank"] = (o => SetOAuth(o).OAuthRefreshToken = Secret + " x", "ModalClientOptions.OAuthRefreshToken has a blank"),
        ["key that is none"] = (o => WithoutSecret(SetOAuth(o)).OAuthJwtKey = Secret, "ModalClientOptions.OAuthJwtKey must be an unencrypted RSA private key in PEM"),
        ["key that is public"] = (
            o => WithoutSecret(SetOAuth(o)).OAuthJwtKey = RSA.Create(2048).ExportSubjectPublicKeyInfoPem(), "ModalClientOptions.OAuthJwtKey must be an unencrypted RSA private key"),
        ["key of another kind"] = (
            o => WithoutSecret(SetOAuth(o)).OAuthJwtKey = ECDsa.Create().ExportPkcs8PrivateKeyPem(), "ModalClientOptions.OAuthJwtKey must be an unencrypted RSA private key"),
        ["key that is encrypted"] = (
            o => WithoutSecret(SetOAuth(o)).OAuthJwtKey =
                RSA.Create(2048).ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)),
            "ModalClientOptions.OAuthJwtKey must be an unencrypted RSA private key"),
        ["key that is short"] = (o => WithoutSecret(SetOAuth(o)).OAuthJwtKey = Key(1024), "ModalClientOptions.OAuthJwtKey has fewer than 2048 bits"),
        ["idle timeout negative"] = (
            o => o.RouterIdleTimeout = TimeSpan.FromSeconds(-1), "ModalClientOptions.RouterIdleTimeout is -00:00:01: it must be from 00:00:00"),
        ["environment"] = (o => o.Environment = "a b", "ModalClientOptions.Environment is 'a b': it must be 1 to 64"),
        ["builder version"] = (o => o.ImageBuilderVersion = "2025 06", "ModalClientOptions.ImageBuilderVersion is '2025 06': it must be a version"),
        ["client type below 0"] = (o => o.ClientType = -1, "ModalClientOptions.ClientType is -1: it must be from 0 to 9"),
        ["client type above 9"] = (o => o.ClientType = 10, "ModalClientOptions.ClientType is 10: it must be from 0 to 9"),
        ["retries below 0"] = (o => o.MaxRetries = -1, "ModalClientOptions.MaxRetries is -1: it must be from 0 to 10"),
        ["retries above 10"] = (o => o.MaxRetries = 11, "ModalClientOptions.MaxRetries is 11: it must be from 0 to 10"),
        ["request timeout zero"] = (o => o.RequestTimeout = TimeSpan.Zero, "ModalClientOptions.RequestTimeout is 00:00:00: it must be more than 0"),
        ["request timeout too long"] = (
            o => o.RequestTimeout = TimeSpan.FromMinutes(11),
            "ModalClientOptions.RequestTimeout is 00:11:00: it must be more than 0 and at most 00:10:00"),
        ["connect timeout infinite"] = (
            o => o.ConnectTimeout = Timeout.InfiniteTimeSpan, "ModalClientOptions.ConnectTimeout is -00:00:00.0010000: it must be more than 0"),
        ["create timeout too long"] = (
            o => o.CreateTimeout = TimeSpan.FromHours(2),
            "ModalClientOptions.CreateTimeout is 02:00:00: it must be more than 0 and at most 01:00:00"),
        ["terminate timeout zero"] = (
            o => o.TerminateTimeout = TimeSpan.Zero,
            "ModalClientOptions.TerminateTimeout is 00:00:00: it must be more than 0"),
        ["throttle wait negative"] = (
            o => o.MaxThrottleWait = TimeSpan.FromSeconds(-1), "ModalClientOptions.MaxThrottleWait is -00:00:01: it must be from 00:00:00"),
        ["throttle wait too long"] = (
            o => o.MaxThrottleWait = TimeSpan.FromDays(2), "ModalClientOptions.MaxThrottleWait is 2.00:00:00: it must be from 00:00:00"),
        ["router idle timeout negative"] = (
            o => o.RouterIdleTimeout = TimeSpan.FromSeconds(-1), "ModalClientOptions.RouterIdleTimeout is -00:00:01: it must be from 00:00:00, which is never"),
        ["router idle timeout too long"] = (
            o => o.RouterIdleTimeout = TimeSpan.FromDays(25), "ModalClientOptions.RouterIdleTimeout is 25.00:00:00: it must be from 00:00:00"),
        ["router unreachable timeout zero"] = (
            o => o.RouterUnreachableTimeout = TimeSpan.Zero, "ModalClientOptions.RouterUnreachableTimeout is 00:00:00: it must be more than 0 and at most 01:00:00"),
        ["profile without file"] = (
            o => (o.UseConfigurationFile, o.Profile) = (false, "work"),
            "ModalClientOptions.Profile is 'work': it has no effect while UseConfigurationFile is false"),
        ["file without file"] = (
            o => (o.UseConfigurationFile, o.ConfigurationFile) = (false, "/x"),
            "ModalClientOptions.ConfigurationFile is '/x': it has no effect while"),
    };

    private static readonly Dictionary<string, Action<ModalClientOptions>> Good = new()
    {
        ["defaults"] = _ => { },
        ["OAuth with a secret"] = o => SetOAuth(o),
        ["OAuth with a key"] = o => WithoutSecret(SetOAuth(o)).OAuthJwtKey = Key(2048),
        ["OAuth with a key on one line"] = o => WithoutSecret(SetOAuth(o)).OAuthJwtKey = Key(2048).Replace("\n", "\\n", StringComparison.Ordinal),
        ["connections that stay"] = o => o.RouterIdleTimeout = TimeSpan.Zero,
        ["loopback"] = o => o.ServerUrl = "http://127.0.0.1:50051",
        ["loopback of IPv6"] = o => o.ServerUrl = "http://[::1]:50051",
        ["slash at the end"] = o => o.ServerUrl = "https://api.modal.com/",
        ["least"] = o => (o.ClientType, o.MaxRetries, o.MaxThrottleWait) = (0, 0, TimeSpan.Zero),
        ["most"] = o =>
            (o.ClientType, o.MaxRetries, o.RequestTimeout, o.CreateTimeout) = (9, 10, TimeSpan.FromMinutes(10), TimeSpan.FromHours(1)),
        ["router never idle"] = o => o.RouterIdleTimeout = Timeout.InfiniteTimeSpan,
        ["texts"] = o => (o.Environment, o.ImageBuilderVersion) = ("main", "2025.06"),
        ["no file"] = o => o.UseConfigurationFile = false,
    };

    public static TheoryData<string> BadCases => [.. Bad.Keys];

    public static TheoryData<string> GoodCases => [.. Good.Keys];

    [Theory]
    [MemberData(nameof(BadCases))]
    public void Validate_BrokenRule_NamesOptionAndValueButNoSecret(string name)
    {
        var options = Valid();
        Bad[name].Change(options);

        var message = Assert.Single(Failures(options));

        Assert.StartsWith(Bad[name].Message, message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(GoodCases))]
    public void Validate_KeptRules_Succeeds(string name)
    {
        var options = Valid();
        Good[name](options);

        Assert.Empty(Failures(options));
    }

    [Fact]
    public void Validate_SeveralProblems_ReportsAllWithTheRegistration()
    {
        var options = new ModalClientOptions { ServerUrl = "foo", MaxRetries = 99, TokenId = "ak-1" };
        options.ResolutionErrors.Add("MODAL_PROFILE is 'x': no.");
        options.BindingErrors.Add("Configuration key 'M:Client:X' is not known.");

        var failures = Failures(options, "gpu");

        Assert.Equal(5, failures.Count);
        Assert.All(failures, failure => Assert.StartsWith("Registration 'gpu': ", failure, StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_NoCredentialsAnywhere_NamesEveryPlaceAndWhatWasLookedAt()
    {
        var options = new ModalClientOptions();
        new ModalClientOptionsResolver(new FakeEnvironment()).Resolve(options);

        var message = Assert.Single(Failures(options));

        string[] parts =
        [
            "ModalClientOptions.TokenId", "'Client:TokenSecret'", "MODAL_TOKEN_ID and MODAL_TOKEN_SECRET", "modal token new",
            $"no profile was found in '{FakeEnvironment.DefaultFile}'",
        ];
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_FileThatCannotBeRead_IsTheOnlyProblemWithCredentials()
    {
        var options = new ModalClientOptions();
        new ModalClientOptionsResolver(new FakeEnvironment { DefaultFileText = "[default" }).Resolve(options);

        Assert.StartsWith("The configuration file", Assert.Single(Failures(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_ThroughTheContainer_ResolvesFirstAndReportsByRegistration()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IPostConfigureOptions<ModalClientOptions>, ModalClientOptionsResolver>();
        services.AddSingleton<IValidateOptions<ModalClientOptions>, ModalClientOptionsValidator>();
        services.AddOptions<ModalClientOptions>("gpu").Configure(options =>
        {
            options.UseEnvironmentVariables = false;
            options.UseConfigurationFile = false;
            options.ServerUrl = "http://localhost:1/";
        });
        using var provider = services.BuildServiceProvider();
        var monitor = provider.GetRequiredService<IOptionsMonitor<ModalClientOptions>>();

        var exception = Assert.Throws<OptionsValidationException>(() => monitor.Get("gpu"));

        Assert.StartsWith("Registration 'gpu': There are no credentials for Modal.", Assert.Single(exception.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_WithSecret_DoesNotShowIt()
    {
        Assert.DoesNotContain("hunter2", Valid().ToString(), StringComparison.Ordinal);
    }

    private static ModalClientOptions Valid()
    {
        var options = new ModalClientOptions { TokenId = "ak-1", TokenSecret = Secret };
        new ModalClientOptionsResolver(new FakeEnvironment()).Resolve(options);
        return options;
    }

    private static List<string> Failures(ModalClientOptions options, string name = "") =>
        [.. new ModalClientOptionsValidator().Validate(name, options).Failures ?? []];

    private static ModalClientOptions SetOAuth(ModalClientOptions options)
    {
        (options.TokenId, options.TokenSecret) = (null, null);
        (options.OAuthRefreshToken, options.OAuthClientId, options.OAuthClientSecret) = ("refresh", "client", Secret);
        return options;
    }

    private static ModalClientOptions WithoutSecret(ModalClientOptions options)
    {
        options.OAuthClientSecret = null;
        return options;
    }

    private static string Key(int bits)
    {
        using var key = RSA.Create(bits);
        return key.ExportPkcs8PrivateKeyPem();
    }
}
