namespace ModalAI.Tools.Code;

/// <summary>Runs Python that a model has written.</summary>
internal static class CodeProgram
{
    /// <summary>
    /// Reads the code from its input, and runs it as a program in the folder that its argument names; prints the value of a last expression, as a notebook
    /// does. Tracebacks begin with the code's own lines.
    /// </summary>
    private const string Runner =
        """
        def run():
            import ast, linecache, os, sys, traceback
            name, source = "code.py", sys.stdin.buffer.read().decode()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            if sys.argv[1]:
                os.makedirs(sys.argv[1], exist_ok=True)
                os.chdir(sys.argv[1])
            sys.argv = [name]
            linecache.cache[name] = (len(source), None, source.splitlines(True), name)
            def report(kind, value, trace):
                while trace and trace.tb_frame.f_code.co_filename != name:
                    trace = trace.tb_next
                traceback.print_exception(kind, value, trace)
            sys.excepthook = report
            scope = sys.modules["__main__"].__dict__
            del scope["run"]
            tree = compile(source, name, "exec", ast.PyCF_ONLY_AST)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), scope)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), name, "eval"), scope)
                if value is not None:
                    print(repr(value))
        run()
        """;

    /// <param name="folder">The folder to run in, which is made where it is missing; empty for the working directory.</param>
    /// <param name="settings">How commands run; of it the variables.</param>
    /// <returns>A command that takes the code from its input, of which nothing is left for the code itself.</returns>
    public static ModalCommand Create(string folder, CommandSettings settings)
    {
        // What shows plots in a window by default is told to write files.
        var variables = new Dictionary<string, string>(settings.EnvironmentVariables);
        variables.TryAdd("MPLBACKEND", "Agg");
        return PythonCommand.Create(ShellScript.Exports(settings with { EnvironmentVariables = variables }), Runner, [folder]) with { MergeOutput = true };
    }
}
