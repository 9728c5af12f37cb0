using System.Runtime.Versioning;
using ModalAI.TestSupport;
using Xunit;

namespace ModalAI.Emulator.Tests.Server;

[SupportedOSPlatform("linux")]
public sealed class StateFolderTests
{
    [Fact]
    public async Task Create_ManyAtOnce_GivesEachAFolderThatNoOtherRemoves()
    {
        var parent = Directory.CreateTempSubdirectory("modalai-tests-");
        try
        {
            var folders = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => StateFolder.CreateAsync(parent.FullName, TestTimeout.Token))));

            Assert.Equal(folders.Select(static folder => folder.Path).Order(), Directory.EnumerateDirectories(parent.FullName).Order());
            foreach (var folder in folders)
            {
                await folder.DisposeAsync();
            }

            Assert.Empty(Directory.EnumerateDirectories(parent.FullName));
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
