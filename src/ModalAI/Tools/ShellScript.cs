using System.Text;
using ModalAI.Configuration;

namespace ModalAI.Tools;

/// <summary>Makes the command for a command line: the variables, the directory and the shell, in no more than a shell without any tools can do.</summary>
internal static class ShellScript
{
    /// <summary>Where <see cref="CommandSettings.StateKey"/> names a file.</summary>
    private const string StateDirectory = "/tmp/.modalai/shell";

    /// <summary>Takes a command line that is too long for an argument from standard input, and leaves the command none, as others have none.</summary>
    private const string FromInput = """modalai_command=$(cat); exec </dev/null; eval "$modalai_command" """;

    /// <summary>Takes it from a file, where the input is wanted for something else.</summary>
    private const string FromFile = """modalai_command=$(cat '{0}'); rm -f '{0}'; eval "$modalai_command" """;

    /// <summary>Goes to the directory $2.</summary>
    private const string Enter =
        """
        case $2 in
          '') ;;
          /*) cd "$2" ;;
          '~/'*) cd "$HOME/${2#'~/'}" ;;
          *) cd "./$2" ;;
        esac || { echo "The command was not run: workdir is no directory that can be entered. Leave it out, or make it first."; exit 125; }

        """;

    /// <summary>
    /// $1 is the command line, $2 the directory or nothing, $3 the shell or nothing, $4 -l for one that reads its profile. The shell replaces this one, so that
    /// nothing stands between Modal's time limit and the command.
    /// </summary>
    private const string Plain =
        Enter
        + """
        [ -n "$3" ] && exec "$3" $4 -c -- "$1"
        command -v bash >/dev/null 2>&1 && exec bash $4 -c -- "$1"
        exec /bin/sh $4 -c -- "$1"
        """;

    /// <summary>$1 and $2 are the file of the state and whether it is written; the others are those of <see cref="Plain"/>, with the directory last.</summary>
    private const string Stateful =
        """
        file=$1 writes=$2 prelude=$3 run=$4 command=$5 shell=$6 login=$7 directory=$8
        [ -n "$shell" ] || { command -v bash >/dev/null 2>&1 && shell=bash; } || shell=/bin/sh
        name=${shell##*/}
        exec "$shell" $login -c "$run" "$name" "$prelude" "$command" "$file" "$writes" "$directory"
        """;

    /// <summary>Stands on one line, so that the shell counts the lines of the command line from 1.</summary>
    private const string Run =
        """modalai_command=$2 modalai_file=$3 modalai_writes=$4 modalai_directory=$5; eval "$1"; set --; eval "$modalai_command"; { modalai_code=$?; set +x; } 2>/dev/null; modalai_save || :; exit "$modalai_code" """;

    /// <summary>
    /// Takes up what the last call has left, and says how to save what this one leaves: the directory on the first line, and a line for each variable that is not
    /// as a new command has it: + NAME=VALUE, or - NAME for one that is unset. Line breaks in there are the character 1. None of it is run as a command: whoever
    /// writes that file can set variables, as the command could itself. What a new command has, such as secrets, is not written.
    /// </summary>
    /// <remarks>A call that has begun before another one was saved does not overwrite that.</remarks>
    private const string Prelude =
        """
        modalai_env=$(command -v env) modalai_path=$PATH modalai_one=$(printf '\001') modalai_saved= modalai_then= modalai_place=
        modalai_base=$("$modalai_env" -0 2>/dev/null | tr '\n\000' '\001\n')
        modalai_names() {
          case ${1%%=*} in
            '' | [0-9]* | *[!A-Za-z0-9_]* | modalai_* | MODALAI_* | _ | PWD | OLDPWD | SHLVL) return 1 ;;
            BASHOPTS | BASH_VERSINFO | EUID | PPID | SHELLOPTS | UID) return 1 ;;
          esac
        }
        if [ -f "$modalai_file" ] && [ -O "$modalai_file" ] && [ ! -L "$modalai_file" ]; then
          modalai_then=$(cat "$modalai_file")
          while IFS= read -r modalai_line; do
            case $modalai_line in *"$modalai_one"*)
              modalai_line=$(printf '%s.' "$modalai_line" | PATH=$modalai_path command tr '\001' '\n')
              modalai_line=${modalai_line%.} ;;
            esac
            case $modalai_line in
              /*) cd "$modalai_line" 2>/dev/null || echo "[the last call's working directory $modalai_line is gone; this call runs in $PWD]" ;;
              +*) modalai_names "${modalai_line#+}" && export "${modalai_line#+}" ;;
              -*) modalai_names "${modalai_line#-}" && unset "${modalai_line#-}" ;;
            esac
          done <"$modalai_file"
          IFS= read -r modalai_place <"$modalai_file"
        fi
        modalai_save() {
          [ -z "$modalai_saved" ] && [ "$modalai_writes" = 1 ] || return 0
          modalai_saved=1
          (
            set +eufC
            unset IFS
            modalai_now=$("$modalai_env" -0 | PATH=$modalai_path command tr '\n\000' '\001\n')
            PATH=$modalai_path
            [ -n "$modalai_now" ] || exit
            if [ -z "$modalai_directory" ]; then
              modalai_place=$(command pwd | command tr '\n' '\001')
              modalai_place=${modalai_place%"$modalai_one"}
            fi
            [ "$(command cat "$modalai_file")" = "$modalai_then" ] || exit
            umask 077
            command mkdir -p "${modalai_file%/*}"
            {
              printf '%s\n' "$modalai_place"
              printf '%s\n' "$modalai_now" | while IFS= read -r modalai_line; do
                case "
        $modalai_base
        " in *"
        $modalai_line
        "*) continue ;; esac
                modalai_names "$modalai_line" && printf '+%s\n' "$modalai_line"
              done
              printf '%s\n' "$modalai_base" | while IFS= read -r modalai_line; do
                case "
        $modalai_now" in *"
        ${modalai_line%%=*}="*) continue ;; esac
                modalai_names "$modalai_line" && printf -- '-%s\n' "${modalai_line%%=*}"
              done
            } >"$modalai_file.$$" && command mv -f "$modalai_file.$$" "$modalai_file"
          ) 2>/dev/null
        }
        trap '{ modalai_code=$?; set +x; } 2>/dev/null; modalai_save || :; exit "$modalai_code"' EXIT
        """;

    private const string EnterOwn = "\nset -- '' \"$modalai_directory\"\n" + Enter;

    /// <summary>The command for a call.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="call">The call.</param>
    /// <param name="settings">How commands run.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The command, with what it has to read.</returns>
    public static async Task<ModalCommand> CreateAsync(ModalSandbox sandbox, CommandCall call, CommandSettings settings, CancellationToken cancellationToken)
    {
        var (text, input) = (call.Command, call.Input);
        if (Encoding.UTF8.GetByteCount(text) > ToolLimits.ArgumentBytes)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            if (input is null && !call.KeepsInputOpen)
            {
                (text, input) = (FromInput, new MemoryStream(bytes, writable: false));
            }
            else
            {
                var path = $"/tmp/.modalai/in/{Guid.NewGuid():N}";
                await sandbox.Files.WriteAllBytesAsync(path, bytes, cancellationToken).ConfigureAwait(false);
                text = FromFile.Replace("{0}", path, StringComparison.Ordinal);
            }
        }

        if (settings.StateKey is { } name && !(name.Length is > 0 and <= 64 && name.All(char.IsAsciiLetterOrDigit)))
        {
            throw new ArgumentException($"StateKey is '{name}'; it has to be 1 to 64 letters and digits.", nameof(settings));
        }

        var (shell, login, directory) = (call.Shell ?? "", call.IsLogin ? "-l" : "", call.WorkingDirectory ?? "");
        var exports = Exports(settings);
        var command = settings.StateKey is { } key
            ? ModalCommand.Create(
                "/bin/sh", "-c", Stateful, "sh",
                $"{StateDirectory}/{key}", call.InBackground ? "0" : "1", exports + Prelude + EnterOwn, Run, text, shell, login, directory)
            : ModalCommand.Create("/bin/sh", "-c", exports + Plain, "sh", text, directory, shell, login);
        return command with
        {
            MergeOutput = !call.SeparatesError && !call.HasTerminal,
            Pty = call.HasTerminal ? new ModalPty { Term = "dumb", ColorTerm = "" } : null,
            StandardInput = input,
        };
    }

    /// <summary>Sets the variables that the sandbox does not set itself.</summary>
    public static string Exports(CommandSettings settings)
    {
        var script = new StringBuilder();
        foreach (var (name, value) in settings.EnvironmentVariables)
        {
            if (!ModalNames.IsEnvironmentVariableName(name))
            {
                throw new ArgumentException($"'{name}' is not the name of an environment variable.", nameof(settings));
            }

            script.Append($"[ -n \"${{{name}+x}}\" ] || export {name}='").Append(value.Replace("'", @"'\''", StringComparison.Ordinal)).Append("'\n");
        }

        return script.ToString();
    }
}
