namespace ModalAI.Tests.Tools.Failures;

/// <summary>What has to come of a call that goes wrong.</summary>
internal enum FailureOutcome
{
    /// <summary>The text says what else to call, and that reaches the goal.</summary>
    Recovers,

    /// <summary>No call mends it; the text says what is so.</summary>
    Told,

    /// <summary>The library mends it, and the model sees no failure.</summary>
    Unnoticed,

    /// <summary>It is the operator's to mend: an exception reaches the loop.</summary>
    Operator,

    /// <summary>The application has cancelled the call.</summary>
    Cancelled,
}
