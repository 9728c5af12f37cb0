namespace ModalAI.Tools;

/// <summary>What a model sees of an output.</summary>
/// <param name="Text">Whole lines; in the place of those that were left out, one that says so.</param>
/// <param name="TotalBytes">How many bytes were printed.</param>
/// <param name="Lines">How many lines that were.</param>
/// <param name="FirstOmitted">Number of the first line that was left out, from 1; 0 where all are there.</param>
/// <param name="LastOmitted">Number of the last one.</param>
/// <param name="CutLines">How many lines were too long and were cut, shown or not.</param>
internal sealed record OutputView(string Text, long TotalBytes, long Lines, long FirstOmitted, long LastOmitted, long CutLines)
{
    /// <summary>Whether something that was printed can't be seen.</summary>
    public bool IsTruncated => FirstOmitted > 0 || CutLines > 0;
}
