using ModalAI.Emulator.Tests.Isolation;

return await ChildHost.RunAsync(args);
