namespace ModalAI.Conformance.Support;

/// <summary>Which of Modal's backends the SDK is told to use.</summary>
public enum Backend
{
    V1,
    V2,
}
