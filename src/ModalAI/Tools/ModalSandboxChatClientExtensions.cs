using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModalAI.Tools;

namespace ModalAI;

/// <summary>Gives chat clients a computer.</summary>
public static class ModalSandboxChatClientExtensions
{
    /// <summary>
    /// Gives each response of a chat client a sandbox: tools and instructions are added to a copy of its <see cref="ChatOptions"/>, and all calls of the response
    /// share one sandbox. The first call borrows it from the registration's <see cref="IModalSandboxFactory"/>, so that an answer without calls costs none. It is
    /// given back when the response ends, fails, is cancelled or is abandoned half-way; with <see cref="ModalSandboxMode.NewPerInvocation"/> that terminates it.
    /// </summary>
    /// <remarks>
    /// <para>
    /// A response that ends by asking for consent to call functions (<see cref="ToolApprovalRequestContent"/>, as <see cref="ModalSandboxToolOptions.Approval"/> makes it)
    /// is not over: its sandbox is kept for <see cref="ModalSandboxToolOptions.ApprovalTimeout"/>, and the next response of this client whose messages have the answer
    /// (<see cref="ToolApprovalResponseContent"/>, whether given or refused, with the <see cref="InputRequestContent.RequestId"/> of the request) goes on in it. When that comes too late, or
    /// another process answers it, the sandbox is a new one. At most 1,000 are kept, and none longer than until this client is disposed of.
    /// </para>
    /// <para>A response fails with <see cref="InvalidOperationException"/> where the caller's tools have one with the name of a tool that is added.</para>
    /// <para>
    /// A <see cref="HostedCodeInterpreterTool"/> in the caller's options is answered here: a function <c>code_interpreter</c> takes its place, which runs Python in the sandbox, in
    /// <c>/mnt/data</c>, where its <see cref="HostedCodeInterpreterTool.Inputs"/> are files. They have to be <see cref="DataContent"/>; the response fails with
    /// <see cref="InvalidOperationException"/> for others. The answer has a <see cref="CodeInterpreterToolCallContent"/> and a
    /// <see cref="CodeInterpreterToolResultContent"/> for each run, with what it printed and the files that are new or changed there: at most 1 MiB each, 10 MiB and 50 of
    /// them a run. Files come from the sandbox: treat them as uploads of a stranger.
    /// </para>
    /// </remarks>
    /// <param name="chatClient">A client that calls functions, such as a <c>FunctionInvokingChatClient</c>: this goes around it, not inside.</param>
    /// <param name="services">The application's services, with a registration of <c>AddModalSandbox</c>.</param>
    /// <param name="registration">The registration's name; null for the one without a name.</param>
    /// <param name="key">
    /// Says whose sandbox a response uses, such as the conversation's, by its messages and options; what it returns is the key of
    /// <see cref="IModalSandboxFactory.AcquireAsync(string, CancellationToken)"/>, null for none. Needs <see cref="ModalSandboxMode.ReuseExisting"/> and a
    /// <see cref="ModalSandboxOptions.Name"/>.
    /// </param>
    /// <returns>The chat client. Disposing of it disposes of <paramref name="chatClient"/>, and ends the sandboxes that are kept until consent comes.</returns>
    /// <exception cref="ArgumentException">A key is given, but the registration's sandboxes are not reused by name.</exception>
    /// <exception cref="InvalidOperationException">There is no such registration.</exception>
    /// <exception cref="OptionsValidationException">Its options are invalid.</exception>
    public static IChatClient WithModalSandbox(
        this IChatClient chatClient, IServiceProvider services, string? registration = null, Func<IEnumerable<ChatMessage>, ChatOptions?, string?>? key = null)
    {
        ArgumentNullException.ThrowIfNull(chatClient);
        ArgumentNullException.ThrowIfNull(services);
        var name = string.IsNullOrEmpty(registration) ? null : registration;
        if (services.GetKeyedService<IModalSandboxFactory>(name) is not { } factory || services.GetKeyedService<ModalSandboxTools>(name) is not { } tools)
        {
            throw new InvalidOperationException(name is null
                ? "The services have no sandboxes without a name: call services.AddModalSandbox(...), or give the name of a registration."
                : $"The services have no sandboxes named '{name}': call services.AddModalSandbox(\"{name}\", ...).");
        }

        var options = services.GetRequiredService<IOptionsMonitor<ModalSandboxOptions>>().Get(name);
        if (key is not null && options is not { Mode: ModalSandboxMode.ReuseExisting, Name: not null })
        {
            throw new ArgumentException("A key needs sandboxes that are reused by name: set Mode of ModalSandboxOptions to ReuseExisting, and a Name.", nameof(key));
        }

        return new SandboxChatClient(
            chatClient,
            tools,
            (key, cancellationToken) => key is null ? factory.AcquireAsync(cancellationToken) : factory.AcquireAsync(key, cancellationToken),
            key,
            new HeldResponses(options.Tools.ApprovalTimeout, services.GetService<TimeProvider>() ?? TimeProvider.System));
    }
}
