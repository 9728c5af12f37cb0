using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Quickstart;

/// <summary>Prints each function call with its arguments and its result.</summary>
internal static class CallPrinter
{
    public static async ValueTask<object?> InvokeAsync(FunctionInvocationContext context, CancellationToken cancellationToken)
    {
        Console.WriteLine();
        Console.WriteLine($"> {context.Function.Name}");
        foreach (var (name, value) in context.Arguments)
        {
            Console.WriteLine(Indent($"{name}: {value}"));
        }

        var result = await context.Function.InvokeAsync(context.Arguments, cancellationToken);
        Console.WriteLine("<");
        Console.WriteLine(Indent(result is JsonElement { ValueKind: JsonValueKind.String } text ? text.GetString()! : result?.ToString() ?? ""));
        return result;
    }

    private static string Indent(string text) => "  " + text.TrimEnd().ReplaceLineEndings("\n  ");
}
