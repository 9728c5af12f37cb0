namespace ModalAI;

/// <summary>What an app is doing.</summary>
public enum ModalAppState
{
    /// <summary>A state that this library does not know.</summary>
    Unknown = 0,

    /// <summary>It lives as long as the program that runs it.</summary>
    Ephemeral,

    /// <summary>It goes on without the program that ran it.</summary>
    Detached,

    /// <summary>It is deployed under its name.</summary>
    Deployed,

    /// <summary>It is being stopped.</summary>
    Stopping,

    /// <summary>It was stopped.</summary>
    Stopped,

    /// <summary>It is being set up.</summary>
    Initializing,

    /// <summary>It was switched off.</summary>
    Disabled,
}
