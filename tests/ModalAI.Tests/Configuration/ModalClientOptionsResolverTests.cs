using System.Text;
using ModalAI.Configuration;

namespace ModalAI.Tests.Configuration;

public sealed class ModalClientOptionsResolverTests
{
    private const string File = FakeEnvironment.DefaultFile;

    private const string FullProfile = """
        [default]
        token_id = "ak-file"
        token_secret = "as-file"
        server_url = "https://file.example"
        environment = "file-env"
        image_builder_version = "2024.10"
        sandbox_v2 = false
        max_throttle_wait = 2.5
        """;

    [Theory]
    [InlineData(true, true, true, "option")]
    [InlineData(false, true, true, "variable")]
    [InlineData(false, false, true, "file")]
    [InlineData(false, false, false, "default")]
    public void Resolve_SeveralSources_TakesTheFirst(bool inOptions, bool inVariables, bool inFile, string expected)
    {
        var options = inOptions
            ? new ModalClientOptions
            {
                TokenId = "ak-option",
                TokenSecret = "as-option",
                ServerUrl = "https://option.example",
                Environment = "option-env",
                ImageBuilderVersion = "option",
                UseV2 = true,
                MaxThrottleWait = TimeSpan.FromSeconds(4),
            }
            : new ModalClientOptions();
        var environment = inFile ? new FakeEnvironment { DefaultFileText = FullProfile } : new FakeEnvironment();
        if (inVariables)
        {
            environment.Variables["MODAL_TOKEN_ID"] = "ak-variable";
            environment.Variables["MODAL_TOKEN_SECRET"] = "as-variable";
            environment.Variables["MODAL_SERVER_URL"] = "https://variable.example";
            environment.Variables["MODAL_ENVIRONMENT"] = "variable-env";
            environment.Variables["MODAL_IMAGE_BUILDER_VERSION"] = "2023.12";
            environment.Variables["MODAL_SANDBOX_V2"] = "0";
            environment.Variables["MODAL_MAX_THROTTLE_WAIT"] = "3";
        }

        Resolve(options, environment);

        (string?, string?, string?, string?, string?, bool?, double?) want = expected switch
        {
            "option" => ("ak-option", "as-option", "https://option.example", "option-env", "option", true, 4),
            "variable" => ("ak-variable", "as-variable", "https://variable.example", "variable-env", "2023.12", false, 3),
            "file" => ("ak-file", "as-file", "https://file.example", "file-env", "2024.10", false, 2.5),
            _ => (null, null, "https://api.modal.com:443", "", null, true, 60),
        };
        var got = (
            options.TokenId,
            options.TokenSecret,
            options.ServerUrl,
            options.Environment,
            options.ImageBuilderVersion,
            options.UseV2,
            options.MaxThrottleWait?.TotalSeconds);
        Assert.Equal(want, got);
        Assert.Empty(options.ResolutionErrors);
    }

    [Fact]
    public void Resolve_PropertyByProperty_MixesSources()
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables["MODAL_ENVIRONMENT"] = "variable-env";

        var options = Resolve(new ModalClientOptions { ServerUrl = "http://localhost:1234" }, environment);

        Assert.Equal(("http://localhost:1234", "variable-env", "ak-file"), (options.ServerUrl, options.Environment, options.TokenId));
    }

    [Fact]
    public void Resolve_EmptyValues_CountAsNotSet()
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables["MODAL_TOKEN_ID"] = "";
        environment.Variables["MODAL_SERVER_URL"] = "";
        environment.Variables["MODAL_SANDBOX_V2"] = "";

        var options = Resolve(new ModalClientOptions { TokenId = "", TokenSecret = "", ServerUrl = "" }, environment);

        Assert.Equal(("ak-file", "https://file.example", false), (options.TokenId, options.ServerUrl, options.UseV2));
        Assert.Empty(options.ResolutionErrors);
    }

    [Fact]
    public void Resolve_EmptyEnvironmentInOptions_MeansTheDefaultEnvironment()
    {
        var options = Resolve(new ModalClientOptions { Environment = "" }, new FakeEnvironment { DefaultFileText = FullProfile });

        Assert.Equal("", options.Environment);
    }

    [Fact]
    public void Resolve_HalfATokenInOptions_TakesNothingFromElsewhere()
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables["MODAL_TOKEN_SECRET"] = "as-variable";

        var options = Resolve(new ModalClientOptions { TokenId = "ak-option" }, environment);

        Assert.Equal(("ak-option", null), (options.TokenId, options.TokenSecret));
    }

    [Theory]
    [InlineData("MODAL_TOKEN_ID", "MODAL_TOKEN_ID is set, but not MODAL_TOKEN_SECRET: ")]
    [InlineData("MODAL_TOKEN_SECRET", "MODAL_TOKEN_SECRET is set, but not MODAL_TOKEN_ID: ")]
    public void Resolve_HalfATokenInVariables_IsAnErrorAndTakesNothing(string variable, string message)
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables[variable] = "half";

        var options = Resolve(new ModalClientOptions(), environment);

        Assert.Equal((null, null), (options.TokenId, options.TokenSecret));
        Assert.StartsWith(message, Assert.Single(options.ResolutionErrors), StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_HalfATokenInTheProfile_NamesFileProfileAndKey()
    {
        var options = Resolve(new ModalClientOptions(), new FakeEnvironment { DefaultFileText = "\n[default]\ntoken_id = 'ak-1'" });

        Assert.StartsWith(
            $"token_id in profile 'default' of '{File}' (line 2) is set, but not token_secret",
            Assert.Single(options.ResolutionErrors),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c", "b", "ak-c")]
    [InlineData(null, "b", "ak-b")]
    [InlineData(null, null, "ak-c")]
    public void Resolve_SeveralProfiles_TakesNamedThenActive(string? inOptions, string? inVariable, string expected)
    {
        var environment = new FakeEnvironment { DefaultFileText = Profiles("default", "b", "c!", "d!") };
        if (inVariable is not null)
        {
            environment.Variables["MODAL_PROFILE"] = inVariable;
        }

        Assert.Equal(expected, Resolve(new ModalClientOptions { Profile = inOptions }, environment).TokenId);
    }

    [Fact]
    public void Resolve_NoActiveProfile_TakesDefault()
    {
        Assert.Equal("ak-default", Resolve(new ModalClientOptions(), new FakeEnvironment { DefaultFileText = Profiles("a", "default") }).TokenId);
    }

    [Fact]
    public void Resolve_NeitherActiveNorDefaultProfile_TakesNone()
    {
        var options = Resolve(new ModalClientOptions(), new FakeEnvironment { DefaultFileText = Profiles("a", "b") });

        Assert.Null(options.TokenId);
        Assert.Empty(options.ResolutionErrors);
    }

    [Theory]
    [InlineData(true, "ModalClientOptions.Profile is 'x': ")]
    [InlineData(false, "MODAL_PROFILE is 'x': ")]
    public void Resolve_UnknownProfile_IsAnErrorThatListsTheKnown(bool inOptions, string start)
    {
        var environment = new FakeEnvironment { DefaultFileText = Profiles("a", "b!") };
        environment.Variables["MODAL_PROFILE"] = inOptions ? "a" : "x";

        var options = Resolve(new ModalClientOptions { Profile = inOptions ? "x" : null }, environment);

        var error = Assert.Single(options.ResolutionErrors);
        Assert.Equal($"{start}'{File}' has no such profile; its profiles are 'a', 'b'.", error);
    }

    [Fact]
    public void Resolve_ProfileNamedWithoutFile_IsAnError()
    {
        var options = Resolve(new ModalClientOptions { Profile = "x" }, new FakeEnvironment());

        Assert.StartsWith(
            "ModalClientOptions.Profile is 'x': there is no such profile", Assert.Single(options.ResolutionErrors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "ModalClientOptions.ConfigurationFile is '/etc/none.toml': the file does not exist")]
    [InlineData(false, "MODAL_CONFIG_PATH is '/etc/none.toml': the file does not exist")]
    public void Resolve_NamedFileMissing_IsAnError(bool inOptions, string start)
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables["MODAL_CONFIG_PATH"] = inOptions ? File : "/etc/none.toml";

        var options = Resolve(new ModalClientOptions { ConfigurationFile = inOptions ? "/etc/none.toml" : null }, environment);

        Assert.StartsWith(start, Assert.Single(options.ResolutionErrors), StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_FileOfAVariable_ReplacesTheDefaultFile()
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Files["/etc/modal.toml"] = Encoding.UTF8.GetBytes(Profiles("other!"));
        environment.Variables["MODAL_CONFIG_PATH"] = "/etc/modal.toml";

        Assert.Equal("ak-other", Resolve(new ModalClientOptions(), environment).TokenId);
    }

    [Fact]
    public void Resolve_MalformedFile_NamesFileAndLineButNotItsContent()
    {
        var options = Resolve(new ModalClientOptions(), new FakeEnvironment { DefaultFileText = "[default]\ntoken_secret = as-hunter2 x" });

        var error = Assert.Single(options.ResolutionErrors);
        Assert.StartsWith($"The configuration file '{File}' cannot be read: line 2: ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("token_secret = 5", "token_secret of profile 'default' must be a quoted string")]
    [InlineData("token_id = \"\"\"a\"\"\"", "token_id of profile 'default' must be a quoted string on one line")]
    [InlineData("sandbox_v2 = \"perhaps\"", "sandbox_v2 of profile 'default' must be true or false")]
    [InlineData("max_throttle_wait = -1", "max_throttle_wait of profile 'default' must be a number of seconds from 0 to 86400")]
    [InlineData("max_throttle_wait = true", "max_throttle_wait of profile 'default' must be a number of seconds from 0 to 86400")]
    public void Resolve_ProfileValueOfTheWrongKind_NamesFileLineAndKey(string line, string message)
    {
        var options = Resolve(new ModalClientOptions(), new FakeEnvironment { DefaultFileText = "[default]\n\n" + line });

        Assert.Contains(options.ResolutionErrors, error => error.StartsWith($"'{File}', line 3: {message}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MODAL_SANDBOX_V2", "off", "MODAL_SANDBOX_V2 is 'off': it must be 1, 0, true or false.")]
    [InlineData("MODAL_MAX_THROTTLE_WAIT", "soon", "MODAL_MAX_THROTTLE_WAIT is 'soon': it must be a number of seconds from 0 to 86400.")]
    [InlineData("MODAL_MAX_THROTTLE_WAIT", "1e9", "MODAL_MAX_THROTTLE_WAIT is '1e9': it must be a number of seconds from 0 to 86400.")]
    [InlineData("MODAL_MAX_THROTTLE_WAIT", "NaN", "MODAL_MAX_THROTTLE_WAIT is 'NaN': it must be a number of seconds from 0 to 86400.")]
    public void Resolve_VariableOfTheWrongKind_NamesIt(string variable, string value, string message)
    {
        var environment = new FakeEnvironment();
        environment.Variables[variable] = value;

        Assert.Equal([message], Resolve(new ModalClientOptions(), environment).ResolutionErrors);
    }

    [Theory]
    [InlineData("0", false)]
    [InlineData("False", false)]
    [InlineData("1", true)]
    [InlineData("TRUE", true)]
    public void Resolve_FlagVariable_IsReadAsModalDoes(string value, bool expected)
    {
        var environment = new FakeEnvironment();
        environment.Variables["MODAL_SANDBOX_V2"] = value;

        Assert.Equal(expected, Resolve(new ModalClientOptions(), environment).UseV2);
    }

    [Fact]
    public void Resolve_ThrottleWaitZero_IsKept()
    {
        var environment = new FakeEnvironment();
        environment.Variables["MODAL_MAX_THROTTLE_WAIT"] = "0";

        Assert.Equal(TimeSpan.Zero, Resolve(new ModalClientOptions(), environment).MaxThrottleWait);
    }

    [Fact]
    public void Resolve_VariablesSwitchedOff_ReadsNone()
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables["MODAL_TOKEN_ID"] = "ak-variable";
        environment.Variables["MODAL_PROFILE"] = "x";
        environment.Variables["MODAL_CONFIG_PATH"] = "/none";

        var options = Resolve(new ModalClientOptions { UseEnvironmentVariables = false }, environment);

        Assert.Equal("ak-file", options.TokenId);
        Assert.Empty(options.ResolutionErrors);
    }

    [Fact]
    public void Resolve_FileSwitchedOff_OpensNone()
    {
        var environment = new FakeEnvironment { OpenFailure = new InvalidOperationException("a file was opened") };
        environment.Variables["MODAL_PROFILE"] = "x";

        var options = Resolve(new ModalClientOptions { UseConfigurationFile = false }, environment);

        Assert.Null(options.TokenId);
        Assert.Empty(options.ResolutionErrors);
    }

    [Fact]
    public void Resolve_FileThatMustNotBeRead_IsAnError()
    {
        var options = Resolve(new ModalClientOptions(), new FakeEnvironment { OpenFailure = new UnauthorizedAccessException("Access is denied.") });

        Assert.Equal(
            [
                $"The configuration file '{File}' cannot be read: Access is denied. "
                + "Correct it, or set ModalClientOptions.UseConfigurationFile to false.",
            ],
            options.ResolutionErrors);
    }

    [Fact]
    public void Resolve_NoHomeFolder_IsNoError()
    {
        var options = Resolve(new ModalClientOptions(), new FakeEnvironment { HomeDirectory = null });

        Assert.Empty(options.ResolutionErrors);
    }

    [Fact]
    public void Resolve_ProfileNamedWithoutHomeFolder_IsAnError()
    {
        var options = Resolve(new ModalClientOptions { Profile = "x" }, new FakeEnvironment { HomeDirectory = null });

        Assert.StartsWith(
            "ModalClientOptions.Profile is 'x': there is no such profile", Assert.Single(options.ResolutionErrors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1024 * 1024, 0)]
    [InlineData((1024 * 1024) + 1, 1)]
    public void Resolve_LongFile_IsRefusedAboveOneMebibyte(int length, int errors)
    {
        var environment = new FakeEnvironment();
        environment.Files[File] = Encoding.UTF8.GetBytes("#" + new string('x', length - 1));

        Assert.Equal(errors, Resolve(new ModalClientOptions(), environment).ResolutionErrors.Count);
    }

    [Fact]
    public void Resolve_FileThatIsNotUtf8_IsAnError()
    {
        var environment = new FakeEnvironment();
        environment.Files[File] = [(byte)'#', 0xff];

        var error = Assert.Single(Resolve(new ModalClientOptions(), environment).ResolutionErrors);

        Assert.Contains("it is not UTF-8 text", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_FileWithByteOrderMark_IsRead()
    {
        var environment = new FakeEnvironment();
        environment.Files[File] = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(FullProfile)];

        Assert.Equal("ak-file", Resolve(new ModalClientOptions(), environment).TokenId);
    }

    [Theory]
    [InlineData("http://127.0.0.1:50051/", "http://127.0.0.1:50051")]
    [InlineData("https://api.modal.com", "https://api.modal.com")]
    [InlineData("https://api.modal.com//", "https://api.modal.com//")]
    public void Resolve_SlashAtTheEndOfTheAddress_IsTakenAway(string url, string expected)
    {
        Assert.Equal(expected, Resolve(new ModalClientOptions { ServerUrl = url }, new FakeEnvironment()).ServerUrl);
    }

    [Fact]
    public void Resolve_Twice_ChangesNothing()
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables["MODAL_SANDBOX_V2"] = "perhaps";
        var options = Resolve(new ModalClientOptions(), environment);

        environment.Variables["MODAL_TOKEN_SECRET"] = "late";
        Resolve(options, environment);

        Assert.Equal("as-file", options.TokenSecret);
        Assert.Single(options.ResolutionErrors);
    }

    [Fact]
    public void Resolve_RealEnvironment_ReadsTheNamedFile()
    {
        var path = Path.Combine(Path.GetTempPath(), $"modalai-{Guid.NewGuid():N}.toml");
        System.IO.File.WriteAllText(path, FullProfile);
        try
        {
            var options = new ModalClientOptions { ConfigurationFile = path, Profile = "default", UseEnvironmentVariables = false };
            new ModalClientOptionsResolver().Resolve(options);

            Assert.Equal(("ak-file", "as-file"), (options.TokenId, options.TokenSecret));
            Assert.Empty(options.ResolutionErrors);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    [Fact]
    public void Resolve_RealEnvironmentWithoutTheNamedFile_IsAnError()
    {
        var options = new ModalClientOptions { ConfigurationFile = Path.GetTempPath(), UseEnvironmentVariables = false };
        new ModalClientOptionsResolver().Resolve(options);

        Assert.Contains("the file does not exist", Assert.Single(options.ResolutionErrors), StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OAuth_TakesEachFromItsFirstPlace_ButSecretAndKeyTogether()
    {
        var environment = new FakeEnvironment
        {
            DefaultFileText = """
                [default]
                oauth_refresh_token = "file-refresh"
                oauth_client_id = "file-client"
                oauth_client_secret = "file-secret"
                """,
        };
        var fromFile = Resolve(new ModalClientOptions(), environment);
        environment.Variables["MODAL_OAUTH_CLIENT_ID"] = "variable-client";
        environment.Variables["MODAL_OAUTH_JWT_KEY"] = "variable-key";
        var mixed = Resolve(new ModalClientOptions(), environment);

        Assert.Equal(("file-refresh", "file-client", "file-secret", null), OAuthOf(fromFile));
        Assert.Equal(("file-refresh", "variable-client", null, "variable-key"), OAuthOf(mixed));
        Assert.Null(mixed.TokenId);
    }

    [Fact]
    public void Resolve_OneKindOfCredentialsInTheOptions_LooksForNoOther()
    {
        var environment = new FakeEnvironment { DefaultFileText = FullProfile };
        environment.Variables["MODAL_OAUTH_REFRESH_TOKEN"] = "refresh";

        var token = Resolve(new ModalClientOptions { TokenId = "ak-1", TokenSecret = "as-1" }, environment);
        var oauth = Resolve(new ModalClientOptions { OAuthRefreshToken = "r", OAuthClientId = "c", OAuthClientSecret = "s" }, environment);
        var both = Resolve(new ModalClientOptions(), environment);

        Assert.Equal((null, null, null, null), OAuthOf(token));
        Assert.Null(oauth.TokenId);
        Assert.Equal(("ak-file", "refresh"), (both.TokenId, both.OAuthRefreshToken));
        Assert.True(new ModalClientOptionsValidator().Validate(null, both).Failed);
    }

    [Theory]
    [InlineData(null, 30.0)]
    [InlineData("0", 0.0)]
    [InlineData("1.5", 1.5)]
    [InlineData("-1", 30.0)]
    [InlineData("soon", 30.0)]
    [InlineData("1e9", 30.0)]
    public void Resolve_RouterIdleTimeout_ComesFromItsVariable(string? text, double seconds)
    {
        var environment = new FakeEnvironment();
        if (text is not null)
        {
            environment.Variables["MODAL_SANDBOX_CHANNEL_IDLE_TIMEOUT"] = text;
        }

        var options = Resolve(new ModalClientOptions(), environment);

        Assert.Equal(seconds, options.RouterIdleTimeout!.Value.TotalSeconds);
        Assert.Equal(text is "-1" or "soon" or "1e9" ? 1 : 0, options.ResolutionErrors.Count);
    }

    private static (string?, string?, string?, string?) OAuthOf(ModalClientOptions options) =>
        (options.OAuthRefreshToken, options.OAuthClientId, options.OAuthClientSecret, options.OAuthJwtKey);

    private static ModalClientOptions Resolve(ModalClientOptions options, FakeEnvironment environment)
    {
        new ModalClientOptionsResolver(environment).PostConfigure("", options);
        return options;
    }

    /// <summary>A file of profiles; the names of active ones end in an exclamation mark.</summary>
    private static string Profiles(params string[] names) => string.Join('\n', names.Select(name =>
    {
        var bare = name.TrimEnd('!');
        return $"[{bare}]\ntoken_id = 'ak-{bare}'\ntoken_secret = 'as-{bare}'\n" + (bare == name ? "active = false" : "active = true");
    }));
}
