using System.Globalization;

namespace ModalAI.Tools;

/// <summary>Tells a model once that another sandbox has taken the place of the one it knew. Thread-safe.</summary>
/// <param name="wasTold">Whether it was told of a sandbox, by its id, before; null for never.</param>
/// <param name="onTold">Called with the sandbox when it is told; null for nobody.</param>
internal sealed class ReplacementNotices(Func<string, bool>? wasTold = null, Action<string>? onTold = null)
{
    private readonly Lock _lock = new();
    private string? _told;

    /// <summary>Id of the sandbox that the model worked in until it asked for consent, when that is not kept any more; null for none.</summary>
    public string? LostSandbox { get; set; }

    /// <summary>What to tell; null where there is nothing, or where it was told.</summary>
    /// <param name="sandbox">The sandbox of a call.</param>
    /// <param name="replacement">How the lease has come by its sandbox.</param>
    public string? Take(ModalSandbox sandbox, ModalSandboxReplacement? replacement)
    {
        if (LostSandbox is { } lost && lost != sandbox.Id)
        {
            replacement ??= new ModalSandboxReplacement(lost, sandbox.Id, "was given up because consent took too long", RestoredFrom: null);
        }

        lock (_lock)
        {
            if (replacement is null || replacement.SandboxId != sandbox.Id || _told == sandbox.Id)
            {
                return null;
            }

            _told = sandbox.Id;
        }

        return wasTold?.Invoke(sandbox.Id) == true ? null : Describe(replacement);
    }

    /// <summary>Ends what <see cref="Take"/> began.</summary>
    /// <param name="sandbox">The sandbox of the call.</param>
    /// <param name="wasTold">Whether the notice has reached the model; else the next call tells it.</param>
    public void Settle(ModalSandbox sandbox, bool wasTold)
    {
        if (wasTold)
        {
            onTold?.Invoke(sandbox.Id);
            return;
        }

        lock (_lock)
        {
            _told = _told == sandbox.Id ? null : _told;
        }
    }

    /// <summary>One line, which stands before the answer of a call.</summary>
    public static string Describe(ModalSandboxReplacement replacement)
    {
        var files = replacement.RestoredFrom is { } time
            ? string.Create(
                CultureInfo.InvariantCulture, $"It has the files that were saved at {time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; what was written after that outside of volumes is gone")
            : "It is as a new one is: what was written outside of volumes is gone";
        return ToolText.Cut(
            ToolText.OneLine(
                $"Note: the earlier sandbox ({replacement.PreviousId}) {replacement.Reason}. Another one ({replacement.SandboxId}) has taken its place. {files}, and so are all "
                + "processes and jobs. Look at what is there, and make again what you need."),
            ToolLimits.ErrorChars);
    }
}
