using Microsoft.Extensions.Options;

namespace ModalAI.Configuration;

/// <summary>Checks resolved client options and reports every problem at once. No part of a token or of OAuth credentials is ever shown.</summary>
internal sealed class ModalClientOptionsValidator : IValidateOptions<ModalClientOptions>
{
    private const int MaxRetries = 10;
    private const int MaxClientType = 9;

    private static readonly TimeSpan MaxShortTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MaxCreateTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxUnreachableTimeout = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxIdleTimeout = TimeSpan.FromDays(24);
    private static readonly TimeSpan MaxThrottleWait = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, ModalClientOptions options)
    {
        var errors = new OptionErrors(nameof(ModalClientOptions), name);
        foreach (var error in options.BindingErrors.Concat(options.ResolutionErrors))
        {
            errors.AddStatement(error);
        }

        CheckServerUrl(errors, options.ServerUrl);
        CheckCredentials(errors, options);
        CheckOAuth(errors, options);
        CheckSwitchedOffFile(errors, options);
        CheckEnvironment(errors, options.Environment);
        CheckTimes(errors, options);
        if (!string.IsNullOrEmpty(options.ImageBuilderVersion) && !ModalNames.IsUnbroken(options.ImageBuilderVersion))
        {
            errors.Add(
                nameof(options.ImageBuilderVersion),
                options.ImageBuilderVersion,
                "it must be a version such as '2025.06', without blanks; "
                + "MODAL_IMAGE_BUILDER_VERSION and the profile's image_builder_version set it too");
        }

        if (options.ClientType is < 0 or > MaxClientType)
        {
            errors.Add(nameof(options.ClientType), options.ClientType, $"it must be from 0 to {MaxClientType}");
        }

        if (options.MaxRetries is < 0 or > MaxRetries)
        {
            errors.Add(nameof(options.MaxRetries), options.MaxRetries, $"it must be from 0 to {MaxRetries}");
        }

        return errors.ToResult();
    }

    private static void CheckServerUrl(OptionErrors errors, string? url)
    {
        // Uri takes blanks around an address in silence.
        if (ModalNames.IsUnbroken(url)
            && Uri.TryCreate(url, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
            && uri.Host.Length > 0
            && uri.UserInfo.Length == 0
            && !url!.AsSpan().ContainsAny("?#@")
            && uri.AbsolutePath == "/")
        {
            return;
        }

        errors.Add(
            nameof(ModalClientOptions.ServerUrl),
            WithoutSecrets(url),
            "it must be http:// or https://, a host and perhaps a port, without path, query and user. "
            + $"Set it to an address such as '{ModalClientOptionsResolver.DefaultServerUrl}', "
            + "or correct MODAL_SERVER_URL or the profile's server_url");
    }

    private static void CheckCredentials(OptionErrors errors, ModalClientOptions options)
    {
        var hasId = !string.IsNullOrEmpty(options.TokenId);
        var hasSecret = !string.IsNullOrEmpty(options.TokenSecret);
        if (hasId != hasSecret)
        {
            var (present, missing) = hasId
                ? (nameof(options.TokenId), nameof(options.TokenSecret))
                : (nameof(options.TokenSecret), nameof(options.TokenId));
            errors.AddUnshown(
                missing,
                $"is not set, but {present} is: a token is an id and a secret from one place. Set {missing} in code or as configuration key "
                + $"'Client:{missing}', or leave both open to take them from MODAL_TOKEN_ID and MODAL_TOKEN_SECRET or from the configuration file");
        }

        // What could not be read may well hold the token.
        if (!hasId && !hasSecret && !options.UsesOAuth && options.ResolutionErrors.Count == 0)
        {
            errors.AddStatement(
                "There are no credentials for Modal. Set ModalClientOptions.TokenId and ModalClientOptions.TokenSecret (configuration keys "
                + "'Client:TokenId' and 'Client:TokenSecret'), or the environment variables MODAL_TOKEN_ID and MODAL_TOKEN_SECRET"
                + $"{(options.UseEnvironmentVariables ? "" : " (reading them is switched off)")}, or run 'modal token new', which writes "
                + $"~/{ModalProfileFile.DefaultFileName}{(options.ConfigurationFileNote is { } note ? $" ({note})" : "")}. "
                + "Tokens are made at https://modal.com/settings.");
        }

        if (hasId && options.TokenId!.StartsWith("as-", StringComparison.Ordinal))
        {
            errors.AddUnshown(
                nameof(options.TokenId), "starts with 'as-', as token secrets do: the id starts with 'ak-'. Look whether the two are swapped");
        }

        CheckCharacters(errors, "no token has", (nameof(options.TokenId), options.TokenId), (nameof(options.TokenSecret), options.TokenSecret));
    }

    private static void CheckOAuth(OptionErrors errors, ModalClientOptions options)
    {
        if (!options.UsesOAuth)
        {
            return;
        }

        if (!string.IsNullOrEmpty(options.TokenId) || !string.IsNullOrEmpty(options.TokenSecret))
        {
            errors.AddStatement(
                "There are both a Modal token and OAuth credentials (OAuthRefreshToken, OAuthClientId, OAuthClientSecret, OAuthJwtKey of ModalClientOptions, or MODAL_OAUTH_* "
                + "variables, or oauth_* keys of the profile): set one kind.");
        }

        var hasSecret = !string.IsNullOrEmpty(options.OAuthClientSecret);
        var hasKey = !string.IsNullOrEmpty(options.OAuthJwtKey);
        if (string.IsNullOrEmpty(options.OAuthRefreshToken) || string.IsNullOrEmpty(options.OAuthClientId) || hasSecret == hasKey)
        {
            errors.AddStatement(
                "OAuth credentials are incomplete or too many: ModalClientOptions.OAuthRefreshToken, OAuthClientId, and exactly one of OAuthClientSecret and OAuthJwtKey must be set "
                + "(or MODAL_OAUTH_REFRESH_TOKEN, MODAL_OAUTH_CLIENT_ID, and one of MODAL_OAUTH_CLIENT_SECRET and MODAL_OAUTH_JWT_KEY).");
        }

        CheckCharacters(
            errors,
            "cannot be sent",
            (nameof(options.OAuthRefreshToken), options.OAuthRefreshToken),
            (nameof(options.OAuthClientId), options.OAuthClientId),
            (nameof(options.OAuthClientSecret), options.OAuthClientSecret));

        if (hasKey && OAuthKey.FindProblem(options.OAuthJwtKey!) is { } problem)
        {
            errors.AddUnshown(nameof(options.OAuthJwtKey), problem);
        }
    }

    private static void CheckCharacters(OptionErrors errors, string rule, params ReadOnlySpan<(string Option, string? Value)> values)
    {
        foreach (var (option, value) in values)
        {
            if (value.AsSpan().ContainsAnyExceptInRange('!', '~'))
            {
                errors.AddUnshown(option, $"has a blank, a line break or another character that {rule}: copy it again");
            }
        }
    }

    private static void CheckSwitchedOffFile(OptionErrors errors, ModalClientOptions options)
    {
        if (options.UseConfigurationFile)
        {
            return;
        }

        foreach (var (option, value) in new[]
        {
            (nameof(options.Profile), options.Profile),
            (nameof(options.ConfigurationFile), options.ConfigurationFile),
        })
        {
            if (!string.IsNullOrEmpty(value))
            {
                errors.Add(option, value, $"it has no effect while {nameof(options.UseConfigurationFile)} is false; set one of them");
            }
        }
    }

    private static void CheckEnvironment(OptionErrors errors, string? environment)
    {
        if (!string.IsNullOrEmpty(environment) && !ModalNames.IsEnvironmentName(environment))
        {
            errors.Add(
                nameof(ModalClientOptions.Environment),
                environment,
                $"{ModalNames.EnvironmentNameRule}; MODAL_ENVIRONMENT and the profile's environment set it too");
        }
    }

    private static void CheckTimes(OptionErrors errors, ModalClientOptions options)
    {
        CheckTimeout(errors, nameof(options.RequestTimeout), options.RequestTimeout, MaxShortTimeout);
        CheckTimeout(errors, nameof(options.ConnectTimeout), options.ConnectTimeout, MaxShortTimeout);
        CheckTimeout(errors, nameof(options.CreateTimeout), options.CreateTimeout, MaxCreateTimeout);
        CheckTimeout(errors, nameof(options.SchedulingTimeout), options.SchedulingTimeout, MaxCreateTimeout);
        CheckTimeout(errors, nameof(options.TerminateTimeout), options.TerminateTimeout, MaxShortTimeout);
        CheckTimeout(errors, nameof(options.RouterUnreachableTimeout), options.RouterUnreachableTimeout, MaxUnreachableTimeout);
        if (options.RouterIdleTimeout is { } idle && idle != Timeout.InfiniteTimeSpan && (idle < TimeSpan.Zero || idle > MaxIdleTimeout))
        {
            errors.Add(
                nameof(options.RouterIdleTimeout),
                idle,
                $"it must be from 00:00:00, which is never, to {OptionErrors.Show(MaxIdleTimeout)}, or infinite");
        }

        if (options.MaxThrottleWait < TimeSpan.Zero || options.MaxThrottleWait > MaxThrottleWait)
        {
            errors.Add(
                nameof(options.MaxThrottleWait),
                options.MaxThrottleWait,
                $"it must be from 00:00:00, not at all, to {OptionErrors.Show(MaxThrottleWait)}");
        }
    }

    private static void CheckTimeout(OptionErrors errors, string option, TimeSpan value, TimeSpan most)
    {
        if (value <= TimeSpan.Zero || value > most)
        {
            errors.Add(option, value, $"it must be more than 0 and at most {OptionErrors.Show(most)}");
        }
    }

    /// <summary>Addresses with a password or a key in them are refused, but not repeated.</summary>
    private static string? WithoutSecrets(string? url)
    {
        if (url is null)
        {
            return null;
        }

        var shown = url.IndexOfAny(['?', '#']) is var query and >= 0 ? url[..query] + "..." : url;
        var user = shown.LastIndexOf('@');
        if (user < 0)
        {
            return shown;
        }

        var scheme = shown.IndexOf("://", StringComparison.Ordinal);
        return (scheme >= 0 && scheme < user ? shown[..(scheme + 3)] : "") + "..." + shown[user..];
    }
}
