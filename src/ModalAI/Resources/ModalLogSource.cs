namespace ModalAI;

/// <summary>Where a line of a log was printed.</summary>
public enum ModalLogSource
{
    /// <summary>Modal did not tell.</summary>
    Unknown = 0,

    /// <summary>Standard output.</summary>
    Output,

    /// <summary>Standard error.</summary>
    Error,

    /// <summary>A remark of Modal itself.</summary>
    Info,
}
