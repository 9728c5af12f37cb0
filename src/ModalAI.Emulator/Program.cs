using ModalAI.Emulator;

return await EmulatorProgram.RunAsync(args, CancellationToken.None).ConfigureAwait(false);
