using ModalAI.Emulator;

namespace ModalAI.TestSupport;

/// <summary>An emulator with an image of nothing but BusyBox, where BusyBox is installed.</summary>
public sealed class BusyBoxFixture : EmulatorFixture
{
    /// <summary>The image's tag.</summary>
    public const string Tag = "busybox:test";

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("modalai-busybox-");

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        if (BusyBoxRoot.Program is not null)
        {
            await BusyBoxRoot.CreateAsync(_root.FullName);
        }

        await base.InitializeAsync();
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _root.Delete(recursive: true);
    }

    /// <inheritdoc/>
    protected override void Configure(ModalEmulatorOptions options) => options.Images[Tag] = _root.FullName;
}
