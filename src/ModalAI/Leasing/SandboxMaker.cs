namespace ModalAI.Leasing;

/// <summary>Makes sandboxes as a registration's options say, ready for use, or leaves nothing.</summary>
internal sealed class SandboxMaker(LeasingContext context)
{
    private readonly LostCreations _lost = new(context);

    private ModalClient Client => context.Client;

    private ModalSandboxOptions Options => context.Options;

    /// <summary>Makes a sandbox that takes up a place, which is given back when nothing comes of it.</summary>
    public Task<HeldSandbox> MakeAsync(SandboxSpec spec, SandboxPlace place, CancellationToken cancellationToken) => Client.Background.WaitOrUndoAsync(
        MakeCoreAsync(spec, place, cancellationToken), held => SandboxEnding.EndAsync(context, held, withHook: true), cancellationToken);

    /// <param name="spec">What is particular about it.</param>
    /// <param name="place">Its place.</param>
    /// <param name="cancellationToken">Cancels what comes before the creation and after it. The creation itself is not cancelled half-way, since whether the sandbox exists must be known.</param>
    private async Task<HeldSandbox> MakeCoreAsync(SandboxSpec spec, SandboxPlace place, CancellationToken cancellationToken)
    {
        HeldSandbox held;
        SandboxSetup setup;
        try
        {
            // Read before anything is created: a content file may have gone since the start.
            setup = await SandboxSetup.PrepareAsync(Options, isNew: spec.Snapshot is null, cancellationToken).ConfigureAwait(false);

            // Before the lease begins to run.
            await context.PrepareAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            held = await CreateAsync(spec, isReady: setup.IsEmpty, place, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            place.Dispose();
            throw;
        }

        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!spec.IsReused)
            {
                context.Held.Add(held);
            }

            await setup.RunAsync(held.Sandbox, context.Time, cancellationToken).ConfigureAwait(false);
            return spec.IsReused && !setup.IsEmpty ? await MarkReadyAsync(held, cancellationToken).ConfigureAwait(false) : held;
        }
        catch
        {
            await SandboxEnding.EndAsync(context, held, withHook: false).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Creates the sandbox when it is its turn, and finds it where the reply was lost.</summary>
    private async Task<HeldSandbox> CreateAsync(SandboxSpec spec, bool isReady, SandboxPlace place, CancellationToken cancellationToken)
    {
        var createId = Guid.NewGuid().ToString("N");
        ModalSandboxCreateOptions? lost = null;
        try
        {
            return await context.Limits.CreateAsync(CreateOrFindAsync, cancellationToken).ConfigureAwait(false);
        }
        catch when (lost is not null)
        {
            _lost.EndLater(lost);
            throw;
        }

        async Task<HeldSandbox> CreateOrFindAsync()
        {
            // The time for which others leave it alone runs from here.
            var options = await CreateOptionsFor(spec, isReady, createId).ConfigureAwait(false);
            var createdAt = context.Time.GetTimestamp();
            try
            {
                return Hold(await Client.Sandboxes.CreateAsync(options, CancellationToken.None).ConfigureAwait(false));
            }
            catch (ModalException exception) when (exception.MayHaveArrived)
            {
                lost = options;
                if (await _lost.TryFindAsync(options).ConfigureAwait(false) is { } sandbox)
                {
                    return Hold(sandbox);
                }

                throw;
            }

            HeldSandbox Hold(ModalSandbox sandbox)
            {
                sandbox.KeptTags = LeaseTags.OwnOf(options.Tags);
                return new HeldSandbox(sandbox, options.Tags, place, createdAt);
            }
        }
    }

    private async Task<ModalSandboxCreateOptions> CreateOptionsFor(SandboxSpec spec, bool isReady, string createId)
    {
        var tags = new Dictionary<string, string>(Options.Tags, StringComparer.Ordinal)
        {
            [LeaseTags.Owner] = context.Owner,
            [LeaseTags.Holder] = context.Holder,
            [LeaseTags.Create] = createId,
            [LeaseTags.Config] = await context.GetConfigurationHashAsync().ConfigureAwait(false),
        };
        var schedule = context.CreateTimeout + Client.Options.MaxThrottleWait.GetValueOrDefault();
        if (!spec.IsReused)
        {
            tags[LeaseTags.Expires] = LeaseTags.ExpiresAt(context.NextExpiry + schedule);
        }
        else if (!isReady)
        {
            tags[LeaseTags.Expires] = LeaseTags.ExpiresAt(context.Time.GetUtcNow() + schedule + Options.SetupTimeout);
        }

        if (isReady)
        {
            tags[LeaseTags.Ready] = "1";
        }

        var options = SandboxDescription.Of(Options) with { Name = spec.Name, Tags = tags };
        return spec.Snapshot is { } image ? options with { Image = image } : options;
    }

    /// <summary>Tells other processes that the sandbox can be used, and that it is not to be swept any more.</summary>
    private static async Task<HeldSandbox> MarkReadyAsync(HeldSandbox held, CancellationToken cancellationToken)
    {
        var tags = new Dictionary<string, string>(held.Tags, StringComparer.Ordinal) { [LeaseTags.Ready] = "1" };
        tags.Remove(LeaseTags.Expires);
        await LeaseTags.SetAsync(held.Sandbox, tags, cancellationToken).ConfigureAwait(false);
        return held with { Tags = tags };
    }
}
