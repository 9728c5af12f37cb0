namespace ModalAI.Tools.Dialects;

/// <summary>What a function is of no use without.</summary>
internal enum ToolNeed
{
    Nothing,

    /// <summary>A sandbox that outlives the call, in which jobs run.</summary>
    Jobs,

    /// <summary>A chat client that carries media in results.</summary>
    InlineMedia,

    /// <summary>An application that takes published files.</summary>
    Sink,
}
