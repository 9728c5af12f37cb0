namespace ModalAI;

/// <summary>
/// How the functions of a set are called and what arguments they take. Models know these from the agents that they were trained with, prompts from the framework
/// they were written for. What the functions do is the same in all of them.
/// </summary>
public enum ModalToolDialect
{
    /// <summary>
    /// <c>bash</c>, <c>read</c>, <c>write</c>, <c>edit</c>, <c>multi_edit</c>, <c>glob</c> and <c>grep</c>, and where a sandbox outlives the call <c>bash_output</c>, <c>bash_input</c>
    /// and <c>kill_bash</c>.
    /// </summary>
    Claude,

    /// <summary>
    /// <c>exec_command</c> and <c>apply_patch</c>, where a sandbox outlives the call <c>write_stdin</c>, and with <see cref="ModalSandboxToolOptions.InlineMedia"/>
    /// <c>view_image</c>.
    /// </summary>
    OpenAI,

    /// <summary>
    /// <c>run_shell</c>, <c>execute_code</c>, and <c>file_access_read</c>, <c>_read_lines</c>, <c>_write</c>, <c>_replace</c>, <c>_replace_lines</c>, <c>_delete</c>, <c>_ls</c> and
    /// <c>_grep</c>, as in Microsoft's Agent Framework.
    /// </summary>
    AgentFramework,

    /// <summary>
    /// <c>ls</c>, <c>read_file</c>, <c>write_file</c>, <c>edit_file</c>, <c>delete</c>, <c>glob</c>, <c>grep</c> and <c>execute</c>, as in LangChain's deep agents.
    /// </summary>
    LangChain,
}
