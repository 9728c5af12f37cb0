using ModalAI.Tests.Sandboxes;
using ModalAI.Tests.Tools.Fuzz;

return args is [FuzzProcess.Command, .. var fuzz] ? await FuzzProcess.RunAsync(fuzz) : await AttachingProcess.RunAsync(args);
