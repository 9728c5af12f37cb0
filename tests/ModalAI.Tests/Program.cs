using ModalAI.Tests.Sandboxes;

return await AttachingProcess.RunAsync(args);
