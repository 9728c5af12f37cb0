namespace ModalAI.Tools.Dialects;

/// <summary>A function as its dialect makes it.</summary>
/// <param name="Name">The name that the dialect gives it.</param>
/// <param name="Method">Does the work. The names of its parameters are those of the arguments.</param>
/// <param name="Description">What a model is told of it.</param>
internal sealed record ToolMethod(string Name, Delegate Method, string Description);
