using Microsoft.Extensions.AI;

namespace ModalAI;

/// <summary>
/// What a function of <see cref="ModalSandboxTools"/> is, whatever it is called and however it is wrapped: <c>tool.GetService&lt;ModalSandboxToolInfo&gt;()</c>. Policies
/// should go by this, since any function can have any name.
/// </summary>
public sealed class ModalSandboxToolInfo
{
    internal ModalSandboxToolInfo(string name, ModalToolEffect effect)
    {
        Name = name;
        Effect = effect;
    }

    /// <summary>The name that its dialect gives it, whatever <see cref="ModalSandboxToolOptions"/> make of that.</summary>
    public string Name { get; }

    /// <summary>What it can do at most.</summary>
    public ModalToolEffect Effect { get; }

    /// <summary>Whether it changes nothing. <see cref="AITool.AdditionalProperties"/> says so too, as <c>modalai.read_only</c>.</summary>
    public bool IsReadOnly => Effect == ModalToolEffect.Reads;
}
