using System.Security.Cryptography;

namespace ModalAI.Configuration;

/// <summary>Reads the private key of an OAuth client. Nothing of it is in a message.</summary>
internal static class OAuthKey
{
    private const int MinBits = 2048;

    /// <summary>What is wrong with a key, to be put after its name; null when nothing is.</summary>
    internal static string? FindProblem(string pem)
    {
        try
        {
            using var key = Read(pem);
            return key.KeySize < MinBits ? $"has fewer than {MinBits} bits" : null;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            return "must be an unencrypted RSA private key in PEM ('-----BEGIN PRIVATE KEY-----' or '-----BEGIN RSA PRIVATE KEY-----')";
        }
    }

    /// <exception cref="ArgumentException">There is no key in the text, or not one alone.</exception>
    /// <exception cref="CryptographicException">It is no private key of RSA.</exception>
    internal static RSA Read(string pem)
    {
        // Variables and files on one line write line breaks as two characters.
        var text = pem.Replace("\\n", "\n", StringComparison.Ordinal);
        if (text.Contains("PUBLIC KEY-----", StringComparison.Ordinal))
        {
            throw new CryptographicException("The key is a public one.");
        }

        var key = RSA.Create();
        try
        {
            key.ImportFromPem(text);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }
}
