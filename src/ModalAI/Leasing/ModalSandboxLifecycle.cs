namespace ModalAI;

/// <summary>What a lease's sandbox is doing, as this process sees it.</summary>
public enum ModalSandboxLifecycle
{
    /// <summary>There is none yet.</summary>
    Pending,

    /// <summary>It is looked for, created or continued, and set up.</summary>
    Starting,

    /// <summary>It was running when it was last seen.</summary>
    Running,

    /// <summary>Its files are being saved, so that it can be continued.</summary>
    Stopping,

    /// <summary>It has ended, and can be continued from what was saved.</summary>
    Stopped,

    /// <summary>It is being ended for good.</summary>
    Destroying,

    /// <summary>It was ended for good.</summary>
    Destroyed,

    /// <summary>It could not be started or was lost; the exception has told why. Starting again may help.</summary>
    Error,
}
