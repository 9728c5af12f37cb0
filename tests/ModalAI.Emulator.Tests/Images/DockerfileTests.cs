using ModalAI.Emulator.Images;
using Xunit;

namespace ModalAI.Emulator.Tests.Images;

public sealed class DockerfileTests
{
    private static readonly Dictionary<string, string> Variables = new() { ["A"] = "one", ["EMPTY"] = "", ["SPACED"] = "x  y" };

    [Theory]
    [InlineData("RUN true", "RUN true")]
    [InlineData("run  make  all ", "RUN make  all")]
    [InlineData("# nothing\n\n  # nothing either\n\tENV A=b", "ENV A=b")]
    [InlineData("RUN a \\\n  b\\\nc", "RUN a   bc")]
    [InlineData("RUN a \\  \n# comment\n\n  b", "RUN a   b")]
    [InlineData("RUN a \\\r\n b\r\nRUN c", "RUN a  b|RUN c")]
    [InlineData("RUN echo \\\\\nRUN b", "RUN echo \\\\|RUN b")]
    [InlineData("RUN a \\", "RUN a")]
    public void Parse_Lines_JoinsThoseThatAreContinued(string text, string expected)
        => Assert.Equal(expected, string.Join('|', DockerfileParser.Parse([text])));

    [Fact]
    public void Parse_HereDocuments_TakesTheirLinesAsTheyStand()
    {
        var instructions = DockerfileParser.Parse(["RUN <<A cat <<-'B' 3<<C\n# a\\\nA\n\tb\n\tB\n\tc\nC", "RUN echo \"<<A\" 1 << 2 $((1<<A)) <<<word"]);

        Assert.Equal(2, instructions.Count);
        Assert.Equal([("A", "# a\\\n"), ("B", "b\n"), ("C", "\tc\n")], instructions[0].Documents.Select(document => (document.Word, document.Text)));
        Assert.Equal("\tb\n\tB\n", instructions[0].Documents[1].Source);
        Assert.Empty(instructions[1].Documents);
    }

    [Theory]
    [InlineData("FETCH x", "unknown instruction: FETCH")]
    [InlineData("RUN", "RUN requires at least one argument")]
    [InlineData("RUN <<EOF\nx", "unterminated heredoc")]
    public void Parse_WhatIsNoDockerfile_Fails(string text, string message)
        => Assert.Contains(message, Assert.Throws<DockerfileException>(() => DockerfileParser.Parse([text])).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[\"a\", \"b c\"]", "a|b c")]
    [InlineData("[]", "")]
    [InlineData("[ -e /x ]", null)]
    [InlineData("['a']", null)]
    [InlineData("[null]", null)]
    [InlineData("a", null)]
    public void JsonArguments_OfOtherForms_AreNull(string text, string? expected)
        => Assert.Equal(expected, new DockerfileInstruction("RUN", text, []).JsonArguments is { } arguments ? string.Join('|', arguments) : null);

    [Theory]
    [InlineData("a b", "a|b")]
    [InlineData("  A='x y'  B=\"p \\\" q\" C=r\\ s", "A='x y'|B=\"p \\\" q\"|C=r\\ s")]
    [InlineData("", "")]
    public void Split_Words_KeepsQuotes(string text, string expected) => Assert.Equal(expected, string.Join('|', DockerfileWords.Split(text)));

    [Theory]
    [InlineData("$A/${A}x", "one/onex")]
    [InlineData("$UNKNOWN-", "-")]
    [InlineData("'$A' \"$A\" \\$A", "$A one $A")]
    [InlineData("${UNKNOWN:-$A} ${EMPTY:-e} ${EMPTY-e} ${A:-e}", "one e  one")]
    [InlineData("${A:+set} ${EMPTY:+set} ${EMPTY+set} ${UNKNOWN+set}", "set  set ")]
    [InlineData("\"$SPACED\"\\ \\\\", "x  y \\")]
    [InlineData("\"a\\b\\\"\"", "a\\b\"")]
    [InlineData("cost: 5$", "cost: 5$")]
    public void Expand_Word_ReplacesVariablesAndQuotes(string word, string expected) => Assert.Equal(expected, DockerfileWords.Expand(word, Variables.GetValueOrDefault));

    [Theory]
    [InlineData("\"open")]
    [InlineData("'open")]
    [InlineData("${A")]
    [InlineData("${A:-x")]
    [InlineData("${A:?x}")]
    [InlineData("${A%x}")]
    [InlineData("${}")]
    public void Expand_WhatIsNotClosedOrNotKnown_Fails(string word) => Assert.Throws<DockerfileException>(() => DockerfileWords.Expand(word, Variables.GetValueOrDefault));
}
