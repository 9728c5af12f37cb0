using Microsoft.Extensions.AI;

namespace ModalAI;

/// <summary>
/// What a command that a model runs has printed since the last report. An <see cref="IProgress{T}"/> of this hears of it while the command runs: one in
/// <see cref="AIFunctionArguments.Context"/> under its type as the key, or one in <see cref="AIFunctionArguments.Services"/>. What models are answered
/// does not change by it.
/// </summary>
/// <remarks>
/// <see cref="IProgress{T}.Report"/> is called on any thread, in order; the output is not read on before it returns. When it throws, that call reports no
/// more. At most 1 MiB of a call is reported, in pieces of at most 16 KiB. The text is what the program printed: it may hold terminal escapes.
/// </remarks>
/// <param name="Tool">Name of the function.</param>
/// <param name="CallId">Id of the call, where <see cref="AIFunctionArguments.Context"/> has its <see cref="FunctionCallContent"/>; null else.</param>
/// <param name="IsError">Whether it is standard error alone; both streams are one where the tool shows them as one.</param>
/// <param name="Text">The text; bytes that are not UTF-8 are replaced.</param>
public sealed record ModalCommandProgress(string Tool, string? CallId, bool IsError, string Text);
