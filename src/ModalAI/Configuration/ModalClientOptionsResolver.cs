using Microsoft.Extensions.Options;

namespace ModalAI.Configuration;

/// <summary>
/// Fills in what the options leave open: from <c>MODAL_*</c> environment variables, then from the profile of the configuration file, then
/// with defaults. What goes wrong is kept for the validator, so that all problems come up together.
/// </summary>
/// <param name="environment">Where variables and files are; null for the process's own.</param>
internal sealed class ModalClientOptionsResolver(IModalEnvironment? environment = null) : IPostConfigureOptions<ModalClientOptions>
{
    internal const string DefaultServerUrl = "https://api.modal.com:443";

    internal static readonly TimeSpan DefaultMaxThrottleWait = TimeSpan.FromSeconds(60);

    internal static readonly TimeSpan DefaultRouterIdleTimeout = TimeSpan.FromSeconds(30);

    private readonly IModalEnvironment _environment = environment ?? SystemModalEnvironment.Instance;

    public void PostConfigure(string? name, ModalClientOptions options) => Resolve(options);

    /// <summary>Resolves the options in place. Doing it again changes nothing.</summary>
    internal void Resolve(ModalClientOptions options)
    {
        if (options.IsResolved)
        {
            return;
        }

        options.IsResolved = true;
        var profile = LoadProfile(options);

        ResolveCredentials(options, profile);
        options.ServerUrl = Normalize(NullIfEmpty(options.ServerUrl) ?? Variable(options, "MODAL_SERVER_URL") ?? profile?.GetText("server_url"));
        options.Environment ??= Variable(options, "MODAL_ENVIRONMENT") ?? profile?.GetText("environment") ?? "";
        options.ImageBuilderVersion =
            NullIfEmpty(options.ImageBuilderVersion)
            ?? Variable(options, "MODAL_IMAGE_BUILDER_VERSION")
            ?? profile?.GetText("image_builder_version");
        options.UseV2 ??= Parse(options, "MODAL_SANDBOX_V2", SettingText.ParseFlag, SettingText.FlagRule) ?? profile?.GetFlag("sandbox_v2") ?? true;
        options.UseControlPlaneSidecarCreate ??= Parse(options, "MODAL_USE_CONTROL_PLANE_SIDECAR_CREATE", SettingText.ParseFlag, SettingText.FlagRule) ?? true;
        options.MaxThrottleWait ??=
            Parse(options, "MODAL_MAX_THROTTLE_WAIT", SettingText.ParseSeconds, SettingText.SecondsRule)
            ?? profile?.GetSeconds("max_throttle_wait")
            ?? DefaultMaxThrottleWait;
        options.RouterIdleTimeout ??=
            Parse(options, "MODAL_SANDBOX_CHANNEL_IDLE_TIMEOUT", SettingText.ParseIdleSeconds, SettingText.IdleSecondsRule)
            ?? DefaultRouterIdleTimeout;
    }

    private ModalProfile? LoadProfile(ModalClientOptions options)
    {
        if (!options.UseConfigurationFile)
        {
            options.ConfigurationFileNote = "reading it is switched off";
            return null;
        }

        var (path, pathSource) = Choose(options, options.ConfigurationFile, nameof(options.ConfigurationFile), "MODAL_CONFIG_PATH");
        path ??= _environment.HomeDirectory is { } home ? Path.Combine(home, ModalProfileFile.DefaultFileName) : null;
        var (name, nameSource) = Choose(options, options.Profile, nameof(options.Profile), "MODAL_PROFILE");
        if (path is null)
        {
            options.ConfigurationFileNote = "this process has no home folder";
            if (name is not null)
            {
                options.ResolutionErrors.Add(
                    $"{nameSource} is {OptionErrors.Show(name)}: there is no such profile, because {options.ConfigurationFileNote}. "
                    + "Name the configuration file too, or no profile.");
            }

            return null;
        }

        var profile = ModalProfileFile.Load(_environment, path, pathSource, name, nameSource, options.ResolutionErrors);
        options.ConfigurationFileNote = profile is null ? $"no profile was found in '{path}'" : $"{profile.Describe()} has none";
        return profile;
    }

    /// <summary>Takes id and secret from one place together: halves of two tokens fit nothing.</summary>
    private void ResolveCredentials(ModalClientOptions options, ModalProfile? profile)
    {
        // Either kind in the options goes before both kinds elsewhere.
        if (!string.IsNullOrEmpty(options.TokenId) || !string.IsNullOrEmpty(options.TokenSecret) || options.UsesOAuth)
        {
            return;
        }

        ResolveOAuth(options, profile);
        ResolveToken(options, profile);
    }

    private void ResolveOAuth(ModalClientOptions options, ModalProfile? profile)
    {
        options.OAuthRefreshToken = Variable(options, "MODAL_OAUTH_REFRESH_TOKEN") ?? profile?.GetText("oauth_refresh_token");
        options.OAuthClientId = Variable(options, "MODAL_OAUTH_CLIENT_ID") ?? profile?.GetText("oauth_client_id");
        var secret = Variable(options, "MODAL_OAUTH_CLIENT_SECRET");
        var key = Variable(options, "MODAL_OAUTH_JWT_KEY");
        var isFromProfile = secret is null && key is null;
        options.OAuthClientSecret = isFromProfile ? profile?.GetText("oauth_client_secret") : secret;
        options.OAuthJwtKey = isFromProfile ? profile?.GetText("oauth_jwt_key") : key;
    }

    private void ResolveToken(ModalClientOptions options, ModalProfile? profile)
    {
        var id = Variable(options, "MODAL_TOKEN_ID");
        var secret = Variable(options, "MODAL_TOKEN_SECRET");
        if (id is not null || secret is not null)
        {
            Accept(options, id, secret, "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET");
        }
        else if (profile is not null)
        {
            var place = profile.Describe();
            Accept(options, profile.GetText("token_id"), profile.GetText("token_secret"), $"token_id in {place}", $"token_secret in {place}");
        }
    }

    private static void Accept(ModalClientOptions options, string? id, string? secret, string idSource, string secretSource)
    {
        if (id is null != secret is null)
        {
            var (present, missing) = id is null ? (secretSource, idSource) : (idSource, secretSource);
            options.ResolutionErrors.Add(
                $"{present} is set, but not {missing}: a token is an id and a secret. Set both, or neither.");
            return;
        }

        options.TokenId = id;
        options.TokenSecret = secret;
    }

    private (string? Value, string? Source) Choose(ModalClientOptions options, string? own, string option, string variable)
    {
        if (!string.IsNullOrEmpty(own))
        {
            return (own, $"{nameof(ModalClientOptions)}.{option}");
        }

        return Variable(options, variable) is { } value ? (value, variable) : (null, null);
    }

    private T? Parse<T>(ModalClientOptions options, string variable, Func<string, T?> parse, string rule)
        where T : struct
    {
        if (Variable(options, variable) is not { } text)
        {
            return null;
        }

        var value = parse(text);
        if (value is null)
        {
            options.ResolutionErrors.Add($"{variable} is {OptionErrors.Show(text)}: it must be {rule}.");
        }

        return value;
    }

    private string? Variable(ModalClientOptions options, string name) =>
        options.UseEnvironmentVariables ? NullIfEmpty(_environment.GetVariable(name)) : null;

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>Takes one slash from the end, which says nothing and would double when a path is appended.</summary>
    private static string Normalize(string? url) => url switch
    {
        null => DefaultServerUrl,
        [.., not '/', '/'] => url[..^1],
        _ => url,
    };
}
