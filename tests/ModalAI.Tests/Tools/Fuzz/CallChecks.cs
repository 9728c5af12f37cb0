using System.Text;
using Microsoft.Extensions.AI;
using ModalAI.Protocol;
using ModalAI.Tools;

namespace ModalAI.Tests.Tools.Fuzz;

/// <summary>What has to be true of every call, whatever was given and whatever the sandbox answers.</summary>
internal static class CallChecks
{
    /// <summary>More than any tool shows, and what stands around it.</summary>
    private const int MaxChars = 64 * 1024;

    private const int MaxArgumentBytes = 64 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly string[] Programs = ["/bin/sh", "true", "/__modal/.bin/modal-sandbox-fs-tools"];
    private static readonly string[] Needs = ["content:", "entry:", "state:"];

    /// <summary>Arguments that are given to a command whole; those of other names go to its input, or tell what is done.</summary>
    private static readonly HashSet<string> WholeArguments =
        ["command", "cmd", "code", "workdir", "shell", "path", "filepath", "filename", "directory", "regexpattern"];

    private static readonly HashSet<string> GlobArguments = ["pattern", "glob", "globpattern"];

    /// <summary>The answer is text of a bounded length that any chat client can send, or contents.</summary>
    public static void CheckResult(FuzzCall call, object? result)
    {
        var text = result switch
        {
            string answer => answer,
            IEnumerable<AIContent> contents => string.Concat(contents.OfType<TextContent>()),
            _ => throw new InvalidOperationException($"The answer is {result?.GetType().Name ?? "null"}."),
        };
        Assert.InRange(text.Length, 0, text.StartsWith("Error: ", StringComparison.Ordinal) ? ToolLimits.ErrorChars : MaxChars);
        Strict.GetByteCount(text);
        Assert.DoesNotContain(text, static character => character is < ' ' and not ('\t' or '\n' or '\r') or '\u007f');
    }

    /// <summary>What is started is ours alone, and what the model wrote is in it unchanged or not at all.</summary>
    public static void CheckCommands(FuzzCall call, IReadOnlyList<RecordedCommand> commands)
    {
        foreach (var command in commands)
        {
            CheckProgram(command);
            foreach (var argument in command.Arguments.Skip(IsScript(command) ? 4 : 1).Where(static argument => argument.Contains(HostileText.Mark, StringComparison.Ordinal)))
            {
                Assert.True(IsMeant(call, argument), $"This is not what was given: {FuzzCall.Show(argument)}");
            }
        }

        if (commands.Any(command => call.Texts.Exists(text => command.Arguments.Any(argument => IsOf(argument, text.Text)))))
        {
            foreach (var (name, text) in call.Texts.Where(static text => WholeArguments.Contains(Plain(text.Argument)) && text.Text.Length > 0))
            {
                Assert.True(commands.Any(command => Arrives(command, text)), $"{name} did not arrive as it is.");
            }

            CheckInput(call, commands);
        }
    }

    private static bool IsScript(RecordedCommand command) => command.Arguments[0] == "/bin/sh";

    private static void CheckProgram(RecordedCommand command)
    {
        var arguments = command.Arguments;
        Assert.Contains(arguments[0], Programs);
        if (IsScript(command))
        {
            Assert.Equal("-c", arguments[1]);
            Assert.True(OwnScripts.Has(arguments[2]), $"This script is not of the library: {FuzzCall.Show(arguments[2])}");
            Assert.DoesNotContain(HostileText.Mark, arguments.ElementAtOrDefault(3) ?? "", StringComparison.Ordinal);
        }

        Assert.DoesNotContain(arguments, static argument => argument.Contains('\0', StringComparison.Ordinal));
        Assert.InRange(arguments.Sum(static argument => Strict.GetByteCount(argument)), 1, MaxArgumentBytes);
        Assert.False(command.Request.HasWorkdir);
        Assert.All(
            command.Request.SecretSources,
            static source => Assert.All(source.Env.Contents.Keys, static name => Assert.Equal("MODALAI_EXEC_ID", name)));
        Assert.Empty(command.Request.Env);
    }

    /// <summary>Whether an argument is a text of the call as it is, or what the tools make of one: a path with what is to become of it, a pattern as find reads it.</summary>
    private static bool IsMeant(FuzzCall call, string argument)
    {
        var bare = Needs.FirstOrDefault(need => argument.StartsWith(need, StringComparison.Ordinal)) is { } found ? argument[found.Length..] : argument;
        return call.Texts.Exists(text =>
            text.Text == argument || text.Text == bare || (text.Text.TrimEnd('/') is var path && (path == argument || path == bare))
            || NamesFile(text, bare) || IsPattern(call, text, argument));
    }

    private static bool NamesFile((string Argument, string Text) text, string path) => text.Text.StartsWith("*** Begin Patch", StringComparison.Ordinal)
        && text.Text.Split('\n').Any(line => line.Contains("***", StringComparison.Ordinal) && line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() == path);

    /// <summary>A pattern of names, or a directory that one begins with: all characters are those of the pattern and in its order, but for what escapes and anchors them.</summary>
    private static bool IsPattern(FuzzCall call, (string Argument, string Text) pattern, string argument)
    {
        if (!GlobArguments.Contains(Plain(pattern.Argument)))
        {
            return false;
        }

        var roots = call.Texts.Where(static text => Plain(text.Argument) is "path" or "directory").Select(static text => text.Text.TrimEnd('/') + "/")
            .Where(root => argument.StartsWith(root, StringComparison.Ordinal));
        return roots.Select(root => argument[root.Length..]).Append(argument).Any(rest => IsSubsequence(rest, pattern.Text));
    }

    private static bool IsSubsequence(string argument, string text)
    {
        var at = 0;
        var rest = Characters(text).ToArray();
        foreach (var character in Characters(argument))
        {
            at = Array.IndexOf(rest, character, at) + 1;
            if (at == 0)
            {
                return false;
            }
        }

        return true;

        static IEnumerable<char> Characters(string text) => text.Where(static character => character is not ('\\' or '*' or '/'));
    }

    private static bool IsOf(string argument, string text) => text.Length > 0 && (argument == text || argument.EndsWith(":" + text, StringComparison.Ordinal));

    private static bool Arrives(RecordedCommand command, string text) =>
        command.Arguments.Any(argument => argument == text || argument == text.TrimEnd('/') || Needs.Any(need => argument == need + text))
        || command.Arguments.Any(argument => argument.StartsWith(text.TrimEnd('/') + "/", StringComparison.Ordinal))
        || (command.ReadsInput && command.GetInput().AsSpan().SequenceEqual(Strict.GetBytes(text)));

    /// <summary>What is written is what was given, after a plan of the library's own.</summary>
    private static void CheckInput(FuzzCall call, IReadOnlyList<RecordedCommand> commands)
    {
        var content = call.Texts.Find(static text => Plain(text.Argument) is "content" or "newstring");
        foreach (var input in commands.Select(static command => command.GetInput()).Where(static input => input.AsSpan().StartsWith("commit "u8)))
        {
            if (content.Text is { } text)
            {
                Assert.True(input.AsSpan().IndexOf(Strict.GetBytes(text)) >= 0, $"{content.Argument} was not written as it is.");
            }
        }
    }

    private static string Plain(string argument) => argument.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
