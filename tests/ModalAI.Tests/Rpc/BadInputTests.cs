using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ModalAI.Emulator;
using ModalAI.TestSupport;

namespace ModalAI.Tests.Rpc;

/// <summary>What goes wrong outside this library: each failure names the thing and the mend, within the time limit.</summary>
public sealed class BadInputTests(EmulatorFixture fixture) : EmulatorTest(fixture)
{
    [Fact]
    public async Task ServerUrl_NobodyListens_IsUnavailableWithinTheLimit()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        listener.Stop();
        await using var client = Fixture.CreateClient(options => options.ServerUrl = url);

        await AssertFailsAsync(ModalErrorCode.Unavailable, TimeSpan.FromSeconds(10), () => client.Apps.GetAsync("x", cancellationToken: TestTimeout.Token), url, "ServerUrl");
    }

    [Fact]
    public async Task ServerUrl_ServerThatNeverAnswers_TimesOutWithinTheLimit()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}";
        await using var client = Fixture.CreateClient(options =>
        {
            options.ServerUrl = url;
            options.RequestTimeout = TimeSpan.FromSeconds(1);
        });

        await AssertFailsAsync(ModalErrorCode.Timeout, TimeSpan.FromSeconds(5), () => client.Apps.GetAsync("x", cancellationToken: TestTimeout.Token), url, "RequestTimeout");
    }

    [Fact]
    public async Task ServerUrl_ServerThatSpeaksSomethingElse_IsToldApart()
    {
        using var web = new TcpListener(IPAddress.Loopback, 0);
        web.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)web.LocalEndpoint).Port}";
        var answering = AnswerHttp1Async(web, TestTimeout.Token);
        await using var client = Fixture.CreateClient(options =>
        {
            options.ServerUrl = url;
            options.MaxRetries = 0;
        });

        var exception = await Assert.ThrowsAsync<ModalException>(() => client.Apps.GetAsync("x", cancellationToken: TestTimeout.Token));

        Assert.Contains(url, exception.Message, StringComparison.Ordinal);
        web.Stop();
        await answering;
    }

    [Fact]
    public async Task Credentials_Rejected_SayWhereTheyAreSetAndKeepTheSecret()
    {
        await using var emulator = await ModalEmulator.StartAsync(new ModalEmulatorOptions { RequiredCredentials = new("ak-right", "as-right") });
        await using var client = Fixture.CreateClient(options =>
        {
            options.ServerUrl = emulator.ServerUrl;
            options.TokenSecret = "as-wrong-secret";
        });

        var exception = await AssertFailsAsync(
            ModalErrorCode.Unauthenticated, TimeSpan.FromSeconds(10), () => client.Apps.GetAsync("x", cancellationToken: TestTimeout.Token), emulator.ServerUrl, "TokenId", "MODAL_TOKEN_ID");

        Assert.DoesNotContain("as-wrong-secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task App_Unknown_IsNamed() =>
        await AssertFailsAsync(
            ModalErrorCode.NotFound,
            TimeSpan.FromSeconds(10),
            () => Client.Sandboxes.CreateAsync(new() { AppName = "no-such-app", CreateAppIfMissing = false }, TestTimeout.Token),
            "'no-such-app'",
            "CreateAppIfMissing");

    [Fact]
    public async Task Volume_Unknown_IsNamed() =>
        await AssertFailsAsync(
            ModalErrorCode.NotFound,
            TimeSpan.FromSeconds(10),
            () => Client.Sandboxes.CreateAsync(new() { Volumes = new Dictionary<string, ModalVolumeMount> { ["/data"] = "no-such-volume" } }, TestTimeout.Token),
            "'no-such-volume'",
            "CreateIfMissing");

    [Fact]
    public async Task Secret_Unknown_IsNamed() =>
        await AssertFailsAsync(
            ModalErrorCode.NotFound,
            TimeSpan.FromSeconds(10),
            () => Client.Sandboxes.CreateAsync(new() { Secrets = [ModalSecret.FromName("no-such-secret")] }, TestTimeout.Token),
            "'no-such-secret'");

    [Fact]
    public async Task Secret_WithoutARequiredKey_IsNamedWithTheKey() =>
        await AssertFailsAsync(
            ModalErrorCode.NotFound,
            TimeSpan.FromSeconds(10),
            () => Client.Secrets.GetAsync("warehouse-credentials", ["WAREHOUSE_USER", "WAREHOUSE_HOST"], cancellationToken: TestTimeout.Token),
            "'warehouse-credentials'",
            "WAREHOUSE_HOST");

    [Fact]
    public void Image_Empty_IsRefused() => Assert.Throws<ArgumentException>(() => ModalImage.FromRegistry(""));

    [Fact]
    public async Task Image_UnknownId_IsNamed() =>
        await AssertFailsAsync(
            ModalErrorCode.NotFound, TimeSpan.FromSeconds(10), () => Client.Images.GetAsync("im-0123456789012345678901", TestTimeout.Token), "im-0123456789012345678901");

    [Fact]
    public async Task CreateOptions_SeveralProblems_AreToldTogether() =>
        await AssertFailsAsync(
            ModalErrorCode.InvalidArgument,
            TimeSpan.FromSeconds(10),
            () => Client.Sandboxes.CreateAsync(
                new() { Timeout = TimeSpan.FromDays(3), CpuLimit = 2, BlockNetwork = true, OutboundCidrAllowlist = ["10.0.0.0/8"], WorkingDirectory = "relative" },
                TestTimeout.Token),
            "Timeout",
            "CpuLimit",
            "BlockNetwork",
            "'relative'");

    [Fact]
    public async Task WhatTheEmulatorCannotDo_IsRefusedByName() =>
        await AssertFailsAsync(
            ModalErrorCode.Conflict,
            TimeSpan.FromSeconds(10),
            () => Client.Sandboxes.CreateAsync(new() { Cpu = 1, CpuLimit = 2 }, TestTimeout.Token),
            "CPU limit");

    [Fact]
    public async Task Sandbox_UnknownId_SaysSo()
    {
        var sandbox = Client.Sandboxes.Get("sb-01ARZ3NDEKTSV4RRFFQ69G5FAV");

        var exception = await Assert.ThrowsAsync<ModalException>(() => sandbox.ExecuteAsync("true", TestTimeout.Token));

        Assert.Contains("sb-01ARZ3NDEKTSV4RRFFQ69G5FAV", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<ModalException> AssertFailsAsync(ModalErrorCode code, TimeSpan limit, Func<Task> action, params string[] parts)
    {
        var started = Stopwatch.GetTimestamp();
        var exception = await Assert.ThrowsAsync<ModalException>(action);
        Assert.Equal(code, exception.Code);
        Assert.All(parts, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
        Assert.True(Stopwatch.GetElapsedTime(started) < limit, $"It took {Stopwatch.GetElapsedTime(started)}.");
        return exception;
    }

    private static async Task AnswerHttp1Async(TcpListener listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptTcpClientAsync(cancellationToken);
                await connection.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"u8.ToArray(), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
        }
    }
}
